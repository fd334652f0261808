"""The whole way on one page: files in, every denial out with its reason, its next step and its last day.

    receive   a file is opened, its bytes are cut into pieces           x12.sources, x12.envelope
    read      each piece becomes typed tables, with findings            x12.reading
    sift      claims that are plainly paid are left behind              rules.sieve, rules.gather
    identify  is this a denial, and of how many dollars                 rules.identify
    classify  type, cause, who owns it, could it be prevented           rules.classify
    plan      what to do, and what else could be done                   rules.playbook
    deadlines by when, and how we know                                  rules.deadlines
    priority  what it is worth, and why                                 rules.priority
    settle    reversals are paired with what replaced them              rules.reversals

Nothing here reads a clock, a network or a database: today is a fact that the caller brings.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial

from reclaim.codes import lookup
from reclaim.rules import identify, sieve
from reclaim.rules.classify import classify
from reclaim.rules.deadlines import deadlines
from reclaim.rules.facts import Claim, Denial, Identification, Kind
from reclaim.rules.gather import gather
from reclaim.rules.payers import line_of_business
from reclaim.rules.playbook import plan
from reclaim.rules.priority import prioritize
from reclaim.rules.report import FileReport, Found, Report
from reclaim.rules.reversals import REVERSED, place_of
from reclaim.x12.reading import Part, Reading
from reclaim.x12.sources import UNREADABLE, Source


def read(sources: Iterable[Source], today: date) -> Iterator[Found | Report]:
    """Read remittances and judge every claim in them.

    Yields each denial as soon as it is known, and at the very end one report: files, totals, what is no denial.
    """
    whole = Report()
    codes = {"carc": frozenset(lookup.carcs()), "rarc": frozenset(lookup.rarcs())}
    for source in sources:
        file = whole.begin(source.name)
        try:
            with source.open() as stream:
                reading = Reading(stream, codes)
                try:
                    for part in reading.parts():
                        yield from _denials(part, file, whole, today)
                finally:
                    whole.finish(file, reading)
        except UNREADABLE as error:
            whole.refuse(file, error)
    yield from _takebacks(whole, today)
    yield whole


def _denials(part: Part, file: FileReport, whole: Report, today: date) -> Iterator[Found]:
    first_time = whole.add(part, file)
    for gathered in gather(first_time, sieve.picked(first_time)):
        place = place_of(gathered, file.number, part.first_segment)
        if gathered.claim.status == REVERSED:
            whole.ledger.reverse(gathered, place)
            continue
        identification = identify.identify(gathered.claim)
        if identification.kind.is_denial and whole.ledger.reversed_before(gathered, place):
            identification = identification._replace(kind=Kind.TAKEBACK)
        yield from whole.counted(file, gathered, identification, partial(judge, today=today))


def _takebacks(whole: Report, today: date) -> Iterator[Found]:
    """What became of each reversal: replaced by a correction, or a payment taken back."""
    for reversal, replaced in whole.ledger.settled():
        file, gathered = whole.files[reversal.place.file - 1], reversal.gathered
        identification = (identify.identify if replaced else identify.takeback)(gathered.claim)
        yield from whole.counted(file, gathered, identification, partial(judge, today=today))


def judge(claim: Claim, identification: Identification, today: date) -> Denial:
    """Everything the rules know of a denied claim."""
    line_of = line_of_business(claim.filing_indicator, claim.remittance.payer)
    classification = classify(identification, claim.remittance.notice_date)
    chosen = plan(claim, identification, classification, line_of)
    days = deadlines(claim, classification, chosen, line_of)
    priority = prioritize(identification, classification, chosen, days, today, line_of)
    return Denial(claim, identification, classification, chosen, days, priority)
