"""Payers are asked for the status of claims (276), many in one file, and what they say (277) moves the cases.

    ask_status(by, case)     one question, ready to go
    carry_on(read, keep)     the job: questions are put into batches by receiver, written and judged; `reclaim.dispatch`
                             sends them as it sends claims
    hear(file, today)        answers that came with a file, within its transaction

The state of the rows is the queue: a job that is cut off goes on where it was.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from reclaim.desk import sending
from reclaim.desk.acting import ActionError, Actor, Change, Job, acting, leads, once, place
from reclaim.desk.actions import ACTIVE, begun
from reclaim.desk.cases import ReadSpan
from reclaim.desk.corrected import as_sent
from reclaim.desk.following import sent_claim, show_work
from reclaim.desk.models import NO_ANSWER, Batch, Case, Receiver, Stage, State, StatusRequest, Task, Waiting
from reclaim.desk.priorities import weights
from reclaim.desk.routing import receiver_of
from reclaim.people import events
from reclaim.people.access import Permission
from reclaim.people.models import Organization, User
from reclaim.record import loader
from reclaim.record.models import Acknowledgement, Adjudication, Claim, File
from reclaim.rules import claim_status, days
from reclaim.rules.priority import Weights
from reclaim.rules.unanswered import unanswered
from reclaim.x12 import writing
from reclaim.x12.judge import objections
from reclaim.x12.writing import Envelope, Inquiry, WritingError

JOB = Job("asking")
ANSWERED_WITHIN = 5
"""Business days within which a 277 is looked for: our own default; most come within two."""
MOST = 1000
"""Questions of one batch."""
WAITS = (StatusRequest.Stage.READY, StatusRequest.Stage.BATCHED)
ASKED = (StatusRequest.Stage.BATCHED, StatusRequest.Stage.SENT)
GONE = (Batch.Stage.SENT, Batch.Stage.ACKNOWLEDGED, Batch.Stage.REJECTED)
NOT_SENT = "The status request could not be written from the claim. Ask by phone or in the payer's portal."
TOLD = "told_status"


@acting(
    Permission.WORK_CASES,
    "asked_status",
    "Ask for the status",
    when=ACTIVE,
    to=leads(Stage.SENT),
    undone=False,
)
def ask_status(by: Actor, case: Case) -> Change:
    """Ask the payer how far it is with the claim, electronically (276); the case waits for the answer."""
    waiting = once(("requests", case.organization_id), lambda: _waiting(case.organization_id))
    if case.pk in waiting:
        return Change(changed=False)
    claim, number = _claim(case)
    until = days.last_day(timezone.localdate(), ANSWERED_WITHIN, "business_days")
    asked = StatusRequest(
        organization_id=case.organization_id,
        case=case,
        by=by if isinstance(by, User) else None,
        at=datetime.now(UTC),
        claim_id=claim,
        trace=number,
    )
    case.stage, case.waiting, case.until = Stage.SENT, Waiting.PAYER, until
    return Change({"claim": claim}, [asked])


def _waiting(organization: int) -> frozenset[int]:
    """Cases about which a question is on its way out."""
    rows = StatusRequest.objects.filter(organization=organization, stage__in=WAITS)
    return frozenset(rows.values_list("case_id", flat=True))


def _claim(case: Case) -> tuple[int, str]:
    """The claim that a case is about, with our number of it."""
    if case.claim_id is not None:
        return case.claim_id, case.control_number
    answers = Adjudication.objects.filter(pk=case.latest_id or 0, claim__isnull=False)
    answer = answers.values_list("claim_id", "claim__control_number").first()
    if answer is None or answer[0] is None:
        raise ActionError("The claim that was sent is not in the record. Ask by phone or in the payer's portal.")
    return answer[0], answer[1]


# --- out --------------------------------------------------------------------------------------------------------------


def carry_on(read: ReadSpan, keep: sending.Keep) -> int:
    """Go on with every question that waits, of all organizations. How many moved.

    Args:
        read: gets the bytes of claims.
        keep: keeps the bytes of batches.
    """
    moved = _noted()
    ready = StatusRequest.objects.filter(stage=StatusRequest.Stage.READY)
    for organization in Organization.objects.filter(pk__in=ready.values("organization")):
        moved += _gathered(organization, read)
    building = Batch.objects.filter(stage=Batch.Stage.BUILDING, kind=Batch.Kind.INQUIRY)
    for batch in building.select_related("organization", "receiver").order_by("pk"):
        moved += _written(batch, read, keep)
    return moved


def _noted() -> int:
    """Questions whose batch has left are sent, those of one that was taken apart are ready again."""
    rows = StatusRequest.objects.filter(stage=StatusRequest.Stage.BATCHED)
    sent = rows.filter(batch__stage__in=GONE).update(stage=StatusRequest.Stage.SENT)
    apart = rows.filter(batch__stage=Batch.Stage.DISBANDED)
    return sent + apart.update(stage=StatusRequest.Stage.READY, batch=None)


def _gathered(organization: Organization, read: ReadSpan) -> int:
    """Put questions into batches by who took their claims; nothing of one is kept by half."""
    rows = StatusRequest.objects.filter(organization=organization, stage=StatusRequest.Stage.READY)
    found = list(rows.select_related("claim__batch", "claim__file").order_by("pk")[:MOST])
    known: dict[int, Receiver | None] = {}
    groups: dict[Receiver | None, list[StatusRequest]] = defaultdict(list)
    for each in found:
        if each.claim.batch_id not in known:
            known[each.claim.batch_id] = _receiver(each.claim, read)
        groups[known[each.claim.batch_id]].append(each)
    for receiver, some in groups.items():
        ids = [each.pk for each in some]
        if receiver is None:
            _give_up(organization, some)
            continue
        with transaction.atomic():
            batch = sending.opened(None, receiver, Batch.Kind.INQUIRY)
            taken = rows.filter(pk__in=ids).update(stage=StatusRequest.Stage.BATCHED, batch=batch)
            detail = {"job": JOB.name, "receiver": receiver.pk, "kind": "276", "count": taken, "control": batch.control}
            events.record(organization, None, "made_batch", batch, detail)
    return len(found)


def _receiver(claim: Claim, read: ReadSpan) -> Receiver | None:
    try:
        return receiver_of(claim, read)
    except (ActionError, OSError):
        return None


def _written(batch: Batch, read: ReadSpan, keep: sending.Keep) -> int:
    """Write and judge one batch; questions that cannot be written come back to their cases."""
    rows = StatusRequest.objects.filter(batch=batch).select_related("claim__batch", "claim__file").order_by("pk")
    envelope = sending.envelope_of(batch)
    made = [(each, _inquiry(each, read, envelope)) for each in rows]
    asked = [inquiry for _, inquiry in made if inquiry]
    _give_up(batch.organization, [each for each, inquiry in made if inquiry is None])
    if asked:
        sending.finish(batch, writing.inquiries(asked, envelope).data, len(asked), keep)
    else:
        Batch.objects.filter(pk=batch.pk, stage=Batch.Stage.BUILDING).update(stage=Batch.Stage.DISBANDED)
    return len(asked)


def _inquiry(asked: StatusRequest, read: ReadSpan, envelope: Envelope) -> Inquiry | None:
    """The question as it goes; None when it cannot be written from the claim."""
    try:
        inquiry = Inquiry(as_sent(asked.claim, read), asked.trace, asked.claim.given_number)
        faults = objections(writing.inquiries([inquiry], envelope).data, Batch.Kind.INQUIRY)
    except (ActionError, WritingError):
        return None
    return None if faults else inquiry


def _give_up(organization: Organization, asked: Sequence[StatusRequest]) -> None:
    """Cases whose question cannot go are in work again, with a task that says so."""
    if not asked:
        return
    with transaction.atomic():
        cases = list(Case.objects.select_for_update().filter(pk__in=[each.case_id for each in asked]))
        told = []
        for case in cases:
            before = place(case)
            begun(case)
            case.version += 1
            detail = {"job": JOB.name, "from": before, "to": place(case), "version": case.version}
            told.append(events.Entry("could_not_ask_status", case, detail))
        now = datetime.now(UTC)
        Task.objects.bulk_create(
            Task(organization=organization, case=case, at=now, of=Task.Of.OFFICE, text=NOT_SENT, owner_id=case.owner_id)
            for case in cases
        )
        loader.change(cases, ["stage", "waiting", "until", "version"])
        StatusRequest.objects.filter(pk__in=[each.pk for each in asked]).delete()
        events.record_many(organization, None, told)


# --- and back ---------------------------------------------------------------------------------------------------------


class _Hearing(NamedTuple):
    """What answers are judged with."""

    today: date
    weights: Weights


def hear(file: File, today: date) -> None:
    """Let the answers to status requests that came with a file move their cases.

    Args:
        file: its acknowledgements are stored and matched.
        today: from which days are counted.
    """
    rows = file.acknowledgements.filter(kind="277")
    hearing = None
    for some in loader.in_pieces(rows, loader.AT_ONCE):
        hearing = hearing or _Hearing(today, weights(file.organization))
        _heard(file.organization, some, hearing)


def _heard(organization: Organization, said: Iterable[Acknowledgement], hearing: _Hearing) -> None:
    answers = {each.pk: each for each in said}
    requests = _requests(organization, answers.values())
    by_claim = _cases_of(organization, [each.claim_id for each in answers.values() if each.claim_id])
    wanted = {each.case_id for each in requests.values()} | set(by_claim.values())
    cases = Case.objects.select_for_update().filter(pk__in=wanted).in_bulk()
    claims = Claim.objects.in_bulk([each.claim_id for each in cases.values() if each.claim_id])
    changed: dict[int, Case] = {}
    told = list[events.Entry]()
    for each in answers.values():
        request = requests.get(each.pk)
        number = request.case_id if request else by_claim.get(each.claim_id or 0)
        case = cases.get(number or 0)
        if case is None or (request is None and case.codes == each.codes):
            continue
        if request:
            request.stage, request.answer, request.codes = StatusRequest.Stage.ANSWERED, each, each.codes
            request.answered_on = each.day
        if case.state == State.OPEN:
            told.append(_moved(case, claims.get(case.claim_id or 0), each, hearing))
            changed[case.pk] = case
    StatusRequest.objects.bulk_update(requests.values(), ["stage", "answer", "codes", "answered_on"], batch_size=200)
    loader.change(list(changed.values()), SHOWN)
    events.record_many(organization, None, told)


SHOWN = (
    *("stage", "waiting", "until", "answers", "codes", "type", "cause", "department", "preventable", "action"),
    *("deadline", "deadline_kind", "days", "expected", "score", "overruled", "line_of_business", "version"),
)


def _requests(organization: Organization, said: Iterable[Acknowledgement]) -> dict[int, StatusRequest]:
    """The question that each answer is to, by the answer: the last with its trace, unless it was heard before."""
    answers = list(said)
    traces = {each.control_number for each in answers}
    rows = StatusRequest.objects.filter(organization=organization, trace__in=traces, stage__in=ASKED).order_by("pk")
    last: Mapping[str, StatusRequest] = {each.trace: each for each in rows}
    return {each.pk: last[each.control_number] for each in answers if each.control_number in last}


def _cases_of(organization: Organization, claims: Iterable[int]) -> dict[int, int]:
    """Open cases of claims without an answer, by the claim."""
    rows = Case.objects.filter(organization=organization, kind=NO_ANSWER, state=State.OPEN, claim__in=list(claims))
    return dict(rows.values_list("claim_id", "pk"))


def _moved(case: Case, claim: Claim | None, said: Acknowledgement, hearing: _Hearing) -> events.Entry:
    before, told = place(case), claim_status.told(said.codes)
    if case.kind == NO_ANSWER and claim is not None:
        show_work(case, unanswered(sent_claim(claim), said.codes, hearing.today, hearing.weights), said.codes)
        case.answers += 1
    if told.days:
        case.stage, case.waiting = Stage.WAITING, Waiting.PAYER
        case.until = hearing.today + timedelta(days=told.days)
    else:
        begun(case)
    case.version += 1
    detail = {"job": JOB.name, "from": before, "to": place(case), "codes": said.codes, "version": case.version}
    return events.Entry(TOLD, case, detail)
