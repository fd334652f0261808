"""The whole way on one page: files in, every denial out with its reason, its next step and its last day.

    receive   a file is opened, its bytes are cut into pieces           x12.sources, x12.envelope
    read      each piece becomes typed tables, with findings            x12.reading
    sift      claims that are plainly paid are left behind              rules.sieve, rules.gather (rules.judged)
    identify  is this a denial, and of how many dollars                 rules.identify
    classify  type, cause, who owns it, could it be prevented           rules.classify
    plan      what to do, and what else could be done                   rules.playbook
    deadlines by when, and how we know                                  rules.deadlines
    priority  what it is worth, and why                                 rules.priority
    settle    pieces are counted, reversals paired with what came next  rules.report, rules.reversals

Nothing here reads a clock, a network or a database: today is a fact that the caller brings.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import partial

from reclaim.rules import identify
from reclaim.rules.classify import classify
from reclaim.rules.deadlines import deadlines
from reclaim.rules.facts import Claim, Denial, Identification
from reclaim.rules.judged import JudgePiece, Outcome, Show, Shown, judge_piece, outcome
from reclaim.rules.payers import line_of_business
from reclaim.rules.playbook import plan
from reclaim.rules.priority import matter, prioritize
from reclaim.rules.report import Report
from reclaim.x12.reading import Reading
from reclaim.x12.sources import UNREADABLE, Source
from reclaim.x12.workers import Crew, processes


def read(sources: Iterable[Source], today: date, show: Show[Shown], size: int = 0) -> Iterator[Outcome[Shown] | Report]:
    """Read remittances and judge every claim in them.

    Args:
        sources: the files.
        today: from which days are counted.
        show: what to make of each denial, where it is judged; picklable, for several processes judge a large file.
        size: bytes of all files, as far as is known.

    Yields:
        Each denial as soon as it is known, and at the very end one report: files, totals, what is no denial.
    """
    whole = Report()
    judging = partial(judge, today=today)
    with processes(size, __name__) as crew:
        for source in sources:
            yield from _file(source, whole, crew, partial(judge_piece, file=source.name, judge=judging, show=show))
    for reversal, replaced in whole.ledger.settled():
        file, gathered = whole.files[reversal.place.file - 1], reversal.gathered
        identification = (identify.identify if replaced else identify.takeback)(gathered.claim)
        if identification.kind.is_denial:
            yield from whole.counted([outcome(gathered, identification, file.name, judging, show)], file)
        else:
            whole.kinds[identification.kind] += 1
    yield whole


def _file(source: Source, whole: Report, crew: Crew, judge_it: JudgePiece[Shown]) -> Iterator[Outcome[Shown]]:
    file = whole.begin(source.name)
    try:
        with source.open() as stream:
            reading = Reading(stream)
            try:
                for placed in reading.follow(judge_it, crew, lambda judged: judged.outline):
                    repeated = whole.add(placed, file)
                    judged = placed.made
                    if taken_back := whole.taken_back(judged, file, placed.first_segment):
                        judged = judge_it(placed.piece, taken_back=taken_back)
                    yield from whole.counted(judged.outcomes, file, repeated)
            finally:
                whole.finish(file, reading)
    except UNREADABLE as error:
        whole.refuse(file, error)


def judge(claim: Claim, identification: Identification, today: date) -> Denial:
    """Everything the rules know of a denied claim."""
    line_of = line_of_business(claim.filing_indicator, claim.remittance.payer)
    classification = classify(identification, claim.remittance.notice_date)
    chosen = plan(claim, identification, classification, line_of)
    days = deadlines(claim, classification, chosen, line_of)
    priority = prioritize(matter(identification, classification, chosen, days, line_of), today)
    return Denial(claim, identification, classification, chosen, days, priority)
