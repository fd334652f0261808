"""Claims and files that nobody answers: the payer's own normal time, learned, and what to do when it is over.

normal_times(organization, today)     within how many days each payer answers
watch(today)     the job of each day: cases for silent claims, a task for each file without an acknowledgment
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from reclaim.desk import following
from reclaim.desk.actions import works_cases
from reclaim.desk.alerts import News, tell
from reclaim.desk.following import ACKNOWLEDGED_WITHIN, JOB
from reclaim.desk.models import Task
from reclaim.desk.stories import VOID, WAITING
from reclaim.people import events
from reclaim.people.access import Permission, roles_that_may
from reclaim.people.actions import Done, action
from reclaim.people.models import Membership, Organization, User
from reclaim.record.models import Acknowledgement, Claim, ClaimBatch, File, Remittance, Standing
from reclaim.rules import days
from reclaim.rules.payers import line_of_business
from reclaim.rules.unanswered import Normal, normal_time

LEARNED = timedelta(days=365)
"""From answers to claims of so long a payer's normal time is learned."""
LOOKS_BACK = timedelta(days=400)
"""Claims that were sent before are not followed any more: their filing limits have passed."""
FILES_BACK = timedelta(days=30)
"""Files that came before are not asked about: a history that is taken over has no acknowledgments."""
FINISHED = "finished_task"


class _Waiting(NamedTuple):
    """A claim that waits for its answer."""

    pk: int
    payer_key: str
    payer_name: str
    filing_indicator: str
    sent_on: date


def watch(today: date) -> None:
    """Look for what nobody has answered, in every organization; twice a day changes nothing."""
    for organization in Organization.objects.order_by("pk"):
        with transaction.atomic():
            following.recheck(organization, today)
            following.open_silent(organization, silent(organization, today), today)
        ask_for_acknowledgments(organization, today)


def normal_times(organization: Organization, today: date) -> Mapping[str, Counter[int]]:
    """In how many days each payer, by its key on claims, has answered how many claims lately; see `normal_time`."""
    known: dict[str, Counter[int]] = defaultdict(Counter)
    rows = Claim.objects.filter(organization=organization, answered_on__isnull=False, test=False)
    rows = rows.filter(sent_on__range=(today - LEARNED, today)).order_by()
    for payer, sent, answered, many in rows.values_list("payer_key", "sent_on", "answered_on").annotate(Count("pk")):
        if sent and answered:
            known[payer][max((answered - sent).days, 0)] += many
    return known


def silent(organization: Organization, today: date) -> dict[int, str]:
    """Claims whose payer's normal time is over, by id, with that time in words.

    Only those sent since remittances come in: before, the record cannot know whether they were answered.
    """
    first = Remittance.objects.filter(organization=organization).aggregate(first=Min("day"))["first"]
    if first is None:
        return {}
    times, known = normal_times(organization, today), dict[tuple[str, str, str], Normal]()
    found: dict[int, str] = {}
    for each in _waiting(organization, max(first, today - LOOKS_BACK), today):
        key = each.payer_key, each.payer_name, each.filing_indicator
        if key not in known:
            line = line_of_business(each.filing_indicator, each.payer_name)
            known[key] = normal_time(times.get(each.payer_key, {}), line, each.payer_name)
        if (today - each.sent_on).days > known[key].days:
            found[each.pk] = known[key].words
    return found


def _waiting(organization: Organization, since: date, today: date) -> Iterator[_Waiting]:
    rows = Claim.objects.filter(organization=organization, standing__in=WAITING, test=False)
    rows = rows.filter(sent_on__range=(since, today)).exclude(frequency=VOID).order_by()
    return (_Waiting(*row) for row in rows.values_list(*_Waiting._fields).iterator())


# --- files without an acknowledgment ----------------------------------------------------------------------------------


def ask_for_acknowledgments(organization: Organization, today: date) -> int:
    """One task for each file that nobody has acknowledged in time, and the end of those that somebody has. How many.

    Nothing is asked where no acknowledgment has ever come: some offices get none.
    """
    answered(organization)
    if not Acknowledgement.objects.filter(organization=organization).exists():
        return 0
    files = [each for each in _unacknowledged(organization, today) if _late(each, today)]
    with transaction.atomic():
        tasks = [_task(each, today) for each in files]
        Task.objects.bulk_create(tasks)
        entries = (events.Entry("made_task", f"record.file:{each.pk}", {"job": JOB.name}) for each in files)
        events.record_many(organization, None, entries)
    roles = roles_that_may(Permission.ASSIGN_CASES)
    leading = Membership.objects.filter(organization=organization, role__in=roles, user__is_active=True)
    managers = list(leading.values_list("user", flat=True))
    news = (
        News(user, "unacknowledged", f"unacknowledged:{each.pk}", _text(each))
        for each in files
        for user in dict.fromkeys([*managers, *([each.received_by_id] if each.received_by_id else [])])
    )
    tell(organization, news)
    return len(files)


def answered(organization: Organization) -> int:
    """End the tasks about files that were acknowledged after all. How many there were."""
    waiting = Task.objects.filter(organization=organization, done_at=None, file__isnull=False)
    done = list(waiting.exclude(file__in=_silent_batches(organization).values("file")))
    with transaction.atomic():
        Task.objects.filter(pk__in=[each.pk for each in done]).update(done_at=datetime.now(UTC))
        entries = (
            events.Entry(FINISHED, f"record.file:{each.file_id}", {"job": JOB.name, "task": each.pk}) for each in done
        )
        events.record_many(organization, None, entries)
    return len(done)


@action(Permission.WORK_CASES, FINISHED)
def finish(by: User | None, task: Task) -> Done[Task]:
    """Tick off a task about a file."""
    row = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if row.done_at is not None:
        return Done(row, changed=False)
    row.done_at, row.done_by = datetime.now(UTC), by
    row.save(update_fields=["done_at", "done_by"])
    return Done(row, {"file": row.file_id or 0})


def _silent_batches(organization: Organization) -> QuerySet[ClaimBatch]:
    """Batches of which nothing was said, nor of any claim in them."""
    moved = Claim.objects.filter(batch=OuterRef("pk")).exclude(standing=Standing.SENT)
    rows = ClaimBatch.objects.filter(organization=organization, test=False, received_on=None, rejected_on=None)
    return rows.filter(~Exists(moved))


def _unacknowledged(organization: Organization, today: date) -> Iterable[File]:
    young = Q(file__received_at__date__gte=today - FILES_BACK, sent_on__gte=today - FILES_BACK)
    batches = _silent_batches(organization).filter(young)
    return File.objects.filter(pk__in=batches.values("file"), tasks=None).order_by("pk")


def _late(file: File, today: date) -> bool:
    """Whether its acknowledgment was to be there by now: business days count from the day that it came or went."""
    return days.last_day(file.received_at.date(), ACKNOWLEDGED_WITHIN, "business_days") < today


def _task(file: File, today: date) -> Task:
    sender = file.received_by
    owner = sender if sender and works_cases(sender, file.organization_id) else None
    return Task(
        organization_id=file.organization_id,
        file=file,
        of=Task.Of.OFFICE,
        text=f"{_text(file)} Ask the clearinghouse whether it arrived.",
        due=today,
        owner=owner,
        at=datetime.now(UTC),
    )


def _text(file: File) -> str:
    return f"No acknowledgment of file {file.pk}, sent on {days.in_words(file.received_at.date())}."
