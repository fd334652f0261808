"""Claims that no payer has decided get cases of their own: turned back (`rejected`), or without answer (`no_answer`).

    follow(file, today)     claims that a file has moved: within the transaction that stores it
    open_silent(organization, claims, today)     those that wait too long, as `desk.silence` finds them

A case follows the whole story of its claim (`desk.stories`): it ends by itself as soon as the payer has taken in, or
answered, any of what was sent, and opens again when a new claim is turned back too. What people decided stays until
then. They are worked like denials and counted apart.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet

from reclaim.desk.acting import Job, place
from reclaim.desk.actions import begun
from reclaim.desk.locating import Places
from reclaim.desk.models import APART, NO_ANSWER, REJECTED, Case, Stage, State, Waiting
from reclaim.desk.priorities import placed, weights
from reclaim.desk.settlement import ANSWERED
from reclaim.desk.stories import Story, stories
from reclaim.people import events
from reclaim.people.models import Organization
from reclaim.record import loader
from reclaim.record.models import Acknowledgement, Adjudication, Claim, ClaimBatch, File, Payer, Verdict
from reclaim.rules import claim_status, days
from reclaim.rules.money import ZERO
from reclaim.rules.payers import line_of_business
from reclaim.rules.priority import Weights
from reclaim.rules.unanswered import SentClaim, Work, rejected, unanswered

JOB = Job("following")
FOUND = {REJECTED: "found_rejected", NO_ANSWER: "found_unanswered"}
"""Verbs of the events of new cases."""
ACKNOWLEDGED_WITHIN = 2
"""Business days after which a file should have been acknowledged: our own default, usual among clearinghouses."""
LATELY = timedelta(days=60)
"""Rejections that are looked at again each night."""
CODES = 200
WRITTEN = (
    *("state", "stage", "waiting", "until", "resolved", "opened", "answers", "codes", "claim", "charge", "denied"),
    *("type", "cause", "department", "preventable", "action", "deadline", "deadline_kind", "days", "expected", "score"),
    *("version", "service_from", "patient", "control_number", "redenied", "overruled"),
)


class Known(NamedTuple):
    """What stories are judged with."""

    organization: Organization
    today: date
    weights: Weights
    places: Places
    payers: dict[tuple[str, str], Payer]  # that were met, by key and name

    @classmethod
    def of(cls, organization: Organization, today: date) -> "Known":
        """Of an organization; two queries."""
        return cls(organization, today, weights(organization), Places(organization), {})


def apart(organization: Organization) -> QuerySet[Case]:
    """The cases of an organization whose claims no payer has decided."""
    return Case.objects.filter(organization=organization, kind__in=APART)


def follow(file: File, today: date) -> None:
    """Open, move and end the cases of claims that a file has moved, within the transaction that stores it.

    Args:
        file: with its counts; its claims, answers and acknowledgments are stored and matched.
        today: from which days are counted.
    """
    organization = file.organization
    waiting = apart(organization).filter(state=State.OPEN)
    count, held = waiting.count(), file.sent_claims + file.acknowledged + file.rejected
    wanted = set(_turned_back_by(file)) if held else set()
    if count and held + file.claims < count:
        wanted |= set(_spoken_of(file))
    elif count:
        wanted |= set(waiting.exclude(claim=None).values_list("claim_id", flat=True))
    if wanted:
        _settle(Known.of(organization, today), wanted)


def settle(organization: Organization, claims: Iterable[int], today: date) -> None:
    """Put the cases of some claims right, as after a person has said which of them an answer is about."""
    _settle(Known.of(organization, today), claims)


def recheck(organization: Organization, today: date) -> None:
    """Put every case right where something was missed, as when an answer turns out to be to another claim: a job."""
    waiting = apart(organization).filter(state=State.OPEN).exclude(claim=None)
    lately = Claim.objects.filter(organization=organization, rejected_on__gte=today - LATELY, test=False)
    wanted = {*waiting.values_list("claim_id", flat=True), *lately.values_list("pk", flat=True)}
    _settle(Known.of(organization, today), wanted)


def open_silent(organization: Organization, claims: Mapping[int, str], today: date) -> int:
    """Open a case for each claim that has waited too long, unless it has one. How many were opened.

    Args:
        organization: whose.
        claims: ids, and within how many days an answer was to be there, in words for the event.
        today: from which days are counted.
    """
    known, opened = Known.of(organization, today), 0
    for some in loader.batches(sorted(claims)):
        found = [each for each in stories(organization, some) if each.silent and each.silent.pk in claims]
        had = set(_cases(organization, found))
        fresh = [each for each in found if not had.intersection(each.keys)]
        opened += len(fresh)
        made = [_silent(each, known) for each in fresh]
        _create(known, made, [claims[each.newest.pk] for each in fresh])
    return opened


def _turned_back_by(file: File) -> Iterable[int]:
    """Rejected claims: those that stand in a file, those that it names, and those of batches that it refuses."""
    rejected_ = Claim.objects.filter(organization=file.organization, rejected_on__isnull=False, test=False)
    said = file.acknowledgements.all()
    batches = Q(batch__file=file)
    for name in ("interchange", "group", "reference"):
        numbers = said.exclude(**{name: ""}).values(name).distinct()
        batches |= Q(batch__in=ClaimBatch.objects.filter(organization=file.organization, **{f"{name}__in": numbers}))
    yield from rejected_.filter(pk__in=said.exclude(claim=None).values("claim")).values_list("pk", flat=True)
    yield from rejected_.filter(batches).values_list("pk", flat=True)


def _spoken_of(file: File) -> Iterable[int]:
    """The claims in a file, and those that it says something of."""
    yield from Claim.objects.filter(batch__file=file).values_list("pk", flat=True)
    yield from file.acknowledgements.exclude(claim=None).values_list("claim_id", flat=True)
    answers = Adjudication.objects.filter(remittance__file=file).exclude(claim=None)
    yield from answers.values_list("claim_id", flat=True)


def _cases(organization: Organization, found: Iterable[Story]) -> dict[str, Case]:
    keys = [key for each in found for key in each.keys]
    rows = Case.objects.filter(organization=organization, key__in=keys).select_for_update().order_by("pk")
    return {case.key: case for case in rows}


def _settle(known: Known, claims: Iterable[int]) -> None:
    for some in loader.batches(sorted(claims)):
        found = stories(known.organization, some)
        cases = _cases(known.organization, found)
        codes = _codes(known.organization, [each.rejected for each in found if each.rejected])
        fresh, told = list[Case](), list[events.Entry]()
        for story in found:
            case = cases.get(story.key(REJECTED))
            if story.rejected and case is None:
                fresh.append(_turned_back(story, codes[story.rejected.pk], known))
            elif case:
                told += _moved(case, story, codes.get(story.rejected.pk if story.rejected else 0, ""), known)
            if (silent := cases.get(story.key(NO_ANSWER))) and silent.state == State.OPEN:
                told += _anew(silent, story, known) if story.silent else _ended(silent, story)
        loader.change([each.subject for each in told if isinstance(each.subject, Case)], WRITTEN)
        events.record_many(known.organization, None, told)
        _create(known, fresh, [""] * len(fresh))


def _create(known: Known, cases: Sequence[Case], why: Sequence[str]) -> None:
    made = Case.objects.bulk_create(cases, batch_size=loader.AT_ONCE)
    told = []
    for case, said in zip(made, why, strict=True):
        detail = {"job": JOB.name, "claim": case.claim_id, "codes": case.codes}
        told.append(events.Entry(FOUND[case.kind], case, detail | ({"normal": said} if said else {})))
    events.record_many(known.organization, None, told)


# --- what a story makes of a case -------------------------------------------------------------------------------------


def _cured(story: Story, codes: str) -> bool:
    """Whether nothing is left to do about a rejection: the payer has the claim, or, of a duplicate, the first one."""
    return story.cured or (claim_status.turned_back(codes).cause == "duplicate" and story.taken)


def _moved(case: Case, story: Story, codes: str, known: Known) -> Iterable[events.Entry]:
    """A rejected claim that has a case: turned back again, on its way again, or with the payer after all."""
    before = place(case)
    if story.rejected is None or _cured(story, codes):
        case.answers = story.rejections
        if case.state == State.OPEN:
            yield from _ended(case, story)
    elif story.rejections > case.answers or case.state == State.ANSWERED:
        _show(case, story, story.rejected, known, codes)
        case.answers, case.opened = story.rejections, story.rejected.rejected_on
        case.state, case.resolved = State.OPEN, None
        begun(case)
        yield _told(case, before, FOUND[REJECTED])
    elif case.state == State.OPEN:
        yield from _anew(case, story, known)


def _anew(case: Case, story: Story, known: Known) -> Iterable[events.Entry]:
    """A claim that was sent again waits for its acknowledgment, unless a person has said otherwise."""
    if story.newest.pk == case.claim_id:
        return
    before = place(case)
    case.claim_id = story.newest.pk
    if case.stage in (Stage.NEW, Stage.WORKING):
        until = days.last_day(story.newest.sent_on or known.today, ACKNOWLEDGED_WITHIN, "business_days")
        case.stage, case.waiting, case.until = Stage.SENT, Waiting.PAYER, max(until, known.today)
    yield _told(case, before, "sent_anew")


def _ended(case: Case, story: Story) -> Iterable[events.Entry]:
    before = place(case)
    case.state, case.resolved = State.ANSWERED, story.arrived_on or story.newest.rejected_on
    case.claim_id = story.newest.pk
    begun(case)
    yield _told(case, before, ANSWERED)


def _told(case: Case, before: str, verb: str) -> events.Entry:
    case.version += 1
    detail = {"job": JOB.name, "from": before, "to": place(case), "claim": case.claim_id, "version": case.version}
    return events.Entry(verb, case, detail)


def _turned_back(story: Story, codes: str, known: Known) -> Case:
    claim = story.newest
    case = _new(story, REJECTED, known)
    _show(case, story, claim, known, codes)
    case.answers, case.opened = story.rejections, story.rejected.rejected_on if story.rejected else None
    if _cured(story, codes):  # files may come in any order
        case.state, case.resolved = State.ANSWERED, story.arrived_on
    return case


def _silent(story: Story, known: Known) -> Case:
    case = _new(story, NO_ANSWER, known)
    _show(case, story, story.newest, known, "")
    case.answers, case.opened = 0, known.today
    return case


def _new(story: Story, kind: str, known: Known) -> Case:
    claim = story.newest
    case = Case(
        organization=known.organization,
        payer=_payer(claim, known),
        key=story.key(kind),
        kind=kind,
        state=State.OPEN,
        stage=Stage.NEW,
        version=1,
        provider=claim.rendering_npi or claim.billing_npi,
        payee=claim.billing_npi,
    )
    known.places.put(case)
    return case


def _show(case: Case, story: Story, claim: Claim, known: Known, codes: str) -> None:
    """What a case shows of its claim: the newest that was sent, and what is to be done."""
    case.claim_id, case.control_number = story.newest.pk, claim.control_number
    case.patient, case.service_from = claim.patient, claim.service_from
    case.charge = case.denied = claim.charge or ZERO
    judge = rejected if case.kind == REJECTED else unanswered
    show_work(case, judge(sent_claim(claim), codes, known.today, known.weights), codes)


def show_work(case: Case, work: Work, codes: str) -> None:
    """What a case shows of what is to be done about it, but for what a person has set."""
    kept = case.pk is not None and case.overruled == (codes or "-")
    if not kept:
        case.type, case.cause, case.department, case.overruled = work.type, work.cause, work.department, ""
    first = work.deadlines[0] if work.deadlines else None
    case.line_of_business, case.preventable = work.line_of_business, work.preventable
    case.action, case.codes, case.days = work.action, codes, work.days
    case.deadline, case.deadline_kind = (first.day, first.kind) if first else (None, "")
    case.expected = work.priority.expected
    case.score = placed(work.priority.score, raised=bool(case.pk and case.raised))


def work_of(case: Case, today: date) -> Work | None:
    """What is to be done about a case of a kind `APART`, with its last days; None of another, or of a lost claim.

    Args:
        case: which.
        today: from which days are counted.
    """
    claim = Claim.objects.filter(pk=case.claim_id or 0).first() if case.kind in APART else None
    if claim is None:
        return None
    judge = rejected if case.kind == REJECTED else unanswered
    return judge(sent_claim(claim), case.codes, today, weights(case.organization_id))


def sent_claim(claim: Claim) -> SentClaim:
    """A claim as the rules read one that nobody has decided."""
    return SentClaim(
        payer=claim.payer_name,
        payer_key=claim.payer_key,
        filing_indicator=claim.filing_indicator,
        institutional=claim.kind == "837I",
        service_from=claim.service_from,
        service_to=claim.service_to,
        charge=claim.charge or ZERO,
    )


def _payer(claim: Claim, known: Known) -> Payer:
    """The payer of a claim as remittances name it: by its identifier, else its name; a new one when none named it."""
    key, name = claim.payer_key or claim.payer_name or "unknown", claim.payer_name or claim.payer_key or "Unknown payer"
    if (key, name) not in known.payers:
        theirs = Payer.objects.filter(organization=known.organization)
        found = theirs.filter(key=key).first() or theirs.filter(name__iexact=name).order_by("pk").first()
        line = line_of_business(claim.filing_indicator, claim.payer_name)
        known.payers[key, name] = found or Payer.objects.create(
            organization=known.organization, key=key, name=name, line_of_business=line
        )
    return known.payers[key, name]


# --- why it was turned back -------------------------------------------------------------------------------------------


def _codes(organization: Organization, claims: Sequence[Claim]) -> dict[int, str]:
    """With which codes claims were turned back, by the last that says any: each itself, else its transaction or file.

    As `rules.claim_status` reads them.
    """
    found = dict.fromkeys((each.pk for each in claims), "")
    refused = Acknowledgement.objects.filter(organization=organization, verdict=Verdict.REJECTED).order_by("day", "pk")
    for each in refused.filter(claim__in=list(found)):
        found[each.claim_id or 0] = _coded(each) or found[each.claim_id or 0]
    batches = {each.batch_id for each in claims if not found[each.pk]}
    said: dict[int, str] = {}
    for batch in ClaimBatch.objects.filter(pk__in=batches, rejected_on__isnull=False):
        those = Q(interchange=batch.interchange) if batch.interchange else Q(pk=0)
        those |= Q(group=batch.group, transaction_set__in=(batch.control_number, "")) if batch.group else Q(pk=0)
        those |= Q(reference=batch.reference) if batch.reference else Q(pk=0)
        rows = [_coded(each) for each in refused.filter(those, claim=None)]
        said[batch.pk] = next((each for each in reversed(rows) if each), "")
    return {each.pk: found[each.pk] or said.get(each.batch_id, "") for each in claims}


def _coded(each: Acknowledgement) -> str:
    first = each.codes.partition(" ")[0]
    if each.kind == "TA1":
        return f"TA1:{first}"
    if each.kind != "999":
        return each.codes if len(each.codes) <= CODES else each.codes[: CODES + 1].rpartition(" ")[0]
    if each.segment:
        return f"999:{each.segment}:{each.element or ''}:{each.element_code or first}"
    return f"999:{first}"
