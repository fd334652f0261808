"""Answers find their claims: all those of a file at once, by indexes; what fits is judged by `rules.matching`.

What is not certain stays in `Uncertain`, and is tried again whenever claims come that may be it. So the order in which
files come decides nothing. What a person has decided stays.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Length

from reclaim.people.access import Permission
from reclaim.people.actions import Done, PeopleError, action
from reclaim.people.models import Organization, User
from reclaim.record import loader
from reclaim.record.acknowledging import OF_CLAIMS, stand
from reclaim.record.models import Acknowledgement, Adjudication, Claim, Doubt, File, Remittance, Uncertain
from reclaim.rules.matching import BY_HAND, LEAST, Answer, Candidate, Match, folded, match, parts_of
from reclaim.x12.frame import Separators

Read = Callable[[Sequence[tuple[File, int, int]]], Sequence[bytes]]
"""The bytes of spans of files, from a place to another."""
OUT = "sent"
"""Origin of a file that we have sent (`reclaim.dispatch`)."""
PAYER = ("remittance__payer__key", "remittance__payer__name")
RANGES = 100
"""Ranges of numbers that are asked for in one query."""
HIGHEST = "Z" * 8
"""Sorts behind every number that begins alike."""
ORDERS = {"1": "P", "2": "S", "3": "T", "19": "P", "20": "S", "21": "T"}
"""CLP02, to the place of the payer among others (SBR01)."""
WEIGHED = 12
"""Claims that are shown beside an answer that may be about one of them."""
A_YEAR = timedelta(days=400)
"""Between a service and its answer, at the most, where only its charge is known."""


class _Asked(NamedTuple):
    """An adjudication or a status of a claim whose claim is asked for."""

    id: int
    answer: Answer
    claim: int | None  # as it stands
    matched: str


class Weighed(NamedTuple):
    """A claim that an answer may be about."""

    claim: Claim
    confidence: int  # percent
    reasons: tuple[str, ...]  # for and against, in words


class Details(NamedTuple):
    """What the bytes of an adjudication tell beside its row."""

    service_from: date | None
    patient: str
    line_number: str


_CLAIM = (
    *("id", "control_number", "number", "given_number", "payer_key", "payer_name", "responsibility", "charge"),
    *(
        "service_from",
        "patient",
        "line_number",
        "sent_on",
        "batch__interchange",
        "batch__reference",
        "position",
        "file__origin",
        "file__received_at",
    ),
)


def claims_of(organization: Organization) -> bool:
    """Whether an organization has claims: without any there is nothing to match, and nothing is kept for it."""
    return Claim.objects.filter(organization=organization).exists()


def candidates(organization: Organization, answers: Iterable[Answer]) -> dict[str, list[Candidate]]:
    """The claims that may be those of answers, by what they share with them: see `_fitting`."""
    every = list(answers)
    found: dict[str, list[Candidate]] = defaultdict(list)
    numbers = {folded(each.control_number) for each in every} - {""}
    _collect(found, organization, "number", numbers)
    given = {each.payer_control_number for each in every} - {""}
    _collect(found, organization, "given_number", given)
    left = {each for each in numbers if each not in found and len(each) >= LEAST}
    _collect(found, organization, "number", {part for each in left for part in parts_of(each)})
    _cut(found, organization, sorted(left))
    lost = [each for each in every if folded(each.control_number) not in found]
    _by_service(found, organization, lost)
    return found


def _claims(organization: Organization, those: Q) -> Iterable[tuple[Candidate, dict[str, Any]]]:
    for row in Claim.objects.filter(those, organization=organization).values(*_CLAIM):
        yield (
            Candidate(
                id=row["id"],
                control_number=row["control_number"],
                number=row["number"],
                given_number=row["given_number"],
                payer=(row["payer_key"], row["payer_name"]),
                responsibility=row["responsibility"],
                charge=row["charge"],
                service_from=row["service_from"],
                patient=row["patient"],
                line_number=row["line_number"],
                order=(row["sent_on"] or date.min, row["batch__interchange"], row["position"]),
                batch=row["batch__reference"],
                left=row["file__received_at"] if row["file__origin"] == OUT else None,
            ),
            row,
        )


def _collect(found: dict[str, list[Candidate]], organization: Organization, name: str, values: Iterable[str]) -> None:
    for some in loader.batches(sorted(values)):
        for claim, row in _claims(organization, Q(**{f"{name}__in": some}) & ~Q(**{name: ""})):
            found[row[name]].append(claim)


def _cut(found: dict[str, list[Candidate]], organization: Organization, numbers: Sequence[str]) -> None:
    """Claims whose number begins with one of some."""
    for at in range(0, len(numbers), RANGES):
        some = numbers[at : at + RANGES]
        for claim, _ in _by_id(organization, beginning(organization.pk, some)):
            for each in some:
                if claim.number.startswith(each):
                    found[each].append(claim)


def beginning(organization: int, numbers: Sequence[str]) -> QuerySet[Claim, int]:
    """Ids of an organization's claims whose number begins with one of some and goes on.

    Each range by the index: of ranges in one condition SQLite would look through all claims of the organization.
    """
    rows = Claim.objects.filter(organization=organization).values_list("pk", flat=True).order_by()
    first, *others = (rows.filter(number__gt=each, number__lt=each + HIGHEST) for each in numbers)
    return first.union(*others, all=True)


def _by_id(organization: Organization, ids: Iterable[int]) -> Iterable[tuple[Candidate, dict[str, Any]]]:
    for some in loader.batches(sorted(set(ids))):
        yield from _claims(organization, Q(pk__in=some))


def _by_service(found: dict[str, list[Candidate]], organization: Organization, answers: Iterable[Answer]) -> None:
    """Claims with charge and day of service of answers of which these are known."""
    pairs = {(abs(each.charge), each.service_from) for each in answers if each.charge and each.service_from}
    by_day = defaultdict(set)
    for charge, day in pairs:
        by_day[day].add(charge)
    for day, charges in by_day.items():
        for some in loader.batches(sorted(charges)):
            for claim, _ in _claims(organization, Q(charge__in=some, service_from=day)):
                found[f"{claim.charge} {day}"].append(claim)


def _fitting(answer: Answer, found: Mapping[str, list[Candidate]]) -> list[Candidate]:
    number = folded(answer.control_number)
    keys = [number, answer.payer_control_number, *parts_of(number)]
    if answer.charge and answer.service_from:
        keys.append(f"{abs(answer.charge)} {answer.service_from}")
    every = {claim.id: claim for key in keys if key for claim in found.get(key, ())}
    return list(every.values())


def _matched(organization: Organization, asked: Sequence[_Asked]) -> list[tuple[_Asked, Match]]:
    found = candidates(organization, [each.answer for each in asked])
    return [(each, match(each.answer, _fitting(each.answer, found))) for each in asked]


def match_adjudications(organization: Organization, ids: Iterable[int], read: Read) -> None:
    """Find the claims of adjudications anew, but for those that a person has matched; in the caller's transaction.

    Args:
        organization: whose they are; it has claims.
        ids: of the adjudications.
        read: gets the bytes of those that their numbers do not tell.
    """
    touched = set[int]()
    for some in loader.batches(dict.fromkeys(ids)):
        asked = _adjudications(organization, some)
        decided = _matched(organization, asked)
        again = _worth_reading(organization, [each for each, match in decided if match.unread])
        if again:
            told = _details(organization, again, read)
            asked = [each._replace(answer=_told(each.answer, told.get(each.id))) for each in again]
            decided = [pair for pair in decided if pair[0].id not in told] + _matched(organization, asked)
        touched |= _keep(organization, decided)
    stand_anew(touched)


def stand_anew(claims: Iterable[int]) -> None:
    """Have claims stand where all that was said of them leads, by their ids."""
    for some in loader.batches(sorted(claims)):
        stand(Claim.objects.filter(pk__in=some))


def _adjudications(organization: Organization, ids: Sequence[int]) -> list[_Asked]:
    rows = Adjudication.objects.filter(organization=organization, pk__in=ids).exclude(matched=BY_HAND)
    known = {each.adjudication_id: each for each in Uncertain.objects.filter(adjudication__in=ids, read=True)}
    shown = ("id", "control_number", "payer_control_number", "status", "charge", "day", "claim_id", "matched")
    asked = []
    for row in rows.values(*shown, *PAYER, "remittance__file__received_at"):
        answer = Answer(
            control_number=row["control_number"],
            payer_control_number=row["payer_control_number"],
            payer=(row["remittance__payer__key"], row["remittance__payer__name"]),
            responsibility=ORDERS.get(row["status"], ""),
            charge=row["charge"],
            day=row["day"],
            read=False,
            came=row["remittance__file__received_at"],
        )
        asked.append(_Asked(row["id"], _told(answer, known.get(row["id"])), row["claim_id"], row["matched"]))
    return asked


def _answer_of(row: Adjudication) -> Answer:
    """As `_adjudications` asks for it, of one that was read with all around it."""
    return Answer(
        control_number=row.control_number,
        payer_control_number=row.payer_control_number,
        payer=(row.remittance.payer.key, row.remittance.payer.name),
        responsibility=ORDERS.get(row.status, ""),
        charge=row.charge,
        day=row.day,
        read=False,
        came=row.remittance.file.received_at,
    )


def _told(answer: Answer, details: Details | Uncertain | None) -> Answer:
    if details is None:
        return answer
    return answer._replace(
        read=True,
        service_from=details.service_from,
        patient=details.patient,
        line_number=details.line_number,
    )


def _worth_reading(organization: Organization, asked: Sequence[_Asked]) -> list[_Asked]:
    """Those of which a claim is there that may be theirs: with their number, or with their charge and in their year."""
    if not asked:
        return []
    ids = [each.id for each in asked]
    near = Claim.objects.filter(
        organization=organization,
        charge=OuterRef("charge"),
        service_from__lte=OuterRef("day"),
        service_from__gte=OuterRef("day") - A_YEAR,
    )
    numbers = {folded(each.answer.control_number) for each in asked} - {""}
    known = set(Claim.objects.filter(organization=organization, number__in=numbers).values_list("number", flat=True))
    rows = Adjudication.objects.filter(pk__in=ids)
    likely = set(rows.filter(Exists(near)).values_list("pk", flat=True))
    return [each for each in asked if each.id in likely or folded(each.answer.control_number) in known]


def _details(organization: Organization, asked: Sequence[_Asked], read: Read) -> dict[int, Details]:
    rows = Adjudication.objects.filter(organization=organization, pk__in=[each.id for each in asked])
    ordered = list(rows.select_related("remittance__file").order_by("remittance__file", "start"))
    spans = read([(each.remittance.file, each.start, each.end) for each in ordered])
    return {each.pk: details(data, each.remittance) for each, data in zip(ordered, spans, strict=True)}


def details(data: bytes, remittance: Remittance) -> Details:
    """Day of service, patient and first line number of an adjudication, from its bytes."""
    separators = Separators(*remittance.separators)
    days, patient, line = list[str](), "", ""
    for raw in data.decode("utf-8", "replace").split(separators.segment):
        match [each.strip() for each in raw.strip().split(separators.element)]:
            case ["DTM", "232" | "472" | "150", day, *_]:
                days.append(day)
            case ["NM1", "QC", _, last, *rest]:
                patient = ", ".join(filter(None, [last, *rest[:1]]))
            case ["REF", "6R", number, *_] if not line:
                line = number
    return Details(_day(min(days, default="")), patient[:160], line[:60])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:8])
    except ValueError:
        return None


def _keep(organization: Organization, decided: Sequence[tuple[_Asked, Match]]) -> set[int]:
    """Write what was found; the claims whose answers have changed."""
    changed, touched = list[Adjudication](), set[int]()
    for each, found in decided:
        if (each.claim, each.matched) != (found.claim, found.how):
            changed.append(Adjudication(pk=each.id, claim_id=found.claim, matched=found.how))
        touched |= {claim for claim in (each.claim, found.claim) if claim}
    loader.change(changed, ["claim", "matched"])
    ids = [each.id for each, _ in decided]
    Uncertain.objects.filter(adjudication__in=ids).delete()
    doubtful = [(each, found) for each, found in decided if not found.certain]
    Uncertain.objects.bulk_create(_uncertain(organization, each, found) for each, found in doubtful)
    return touched


def _uncertain(organization: Organization, each: _Asked, found: Match) -> Uncertain:
    answer = each.answer
    doubt = Doubt.LIKELY if found.claim else Doubt.AMBIGUOUS if found.fits else Doubt.UNMATCHED
    return Uncertain(
        organization=organization,
        adjudication_id=each.id,
        doubt=doubt,
        number=folded(answer.control_number)[:60],
        charge=abs(answer.charge) if answer.charge is not None else None,
        day=answer.day,
        read=answer.read,
        service_from=answer.service_from,
        patient=answer.patient,
        line_number=answer.line_number,
    )


def match_acknowledgements(organization: Organization, those: Q, read: Read) -> None:
    """Find the claims of claim acknowledgements and statuses, and what their payer's numbers tell of answers."""
    rows = Acknowledgement.objects.filter(those, organization=organization, kind__in=OF_CLAIMS)
    rows = rows.exclude(matched=BY_HAND).exclude(number="")
    touched, numbers = set[int](), set[str]()
    for some in loader.batches(rows.values_list("pk", flat=True)):
        came = list(Acknowledgement.objects.filter(pk__in=some).select_related("file"))
        numbers.update(each.payer_control_number for each in came)
        asked, changed = [_as_asked(each) for each in came], []
        for each, found in _matched(organization, asked):
            if (each.claim, each.matched) != (found.claim, found.how):
                changed.append(Acknowledgement(pk=each.id, claim_id=found.claim, matched=found.how))
            touched |= {claim for claim in (each.claim, found.claim) if claim}
        loader.change(changed, ["claim", "matched"])
    stand_anew(touched)
    for some_numbers in loader.batches(sorted(numbers - {""})):
        answers = Adjudication.objects.filter(organization=organization, payer_control_number__in=some_numbers)
        match_adjudications(organization, list(answers.values_list("pk", flat=True)), read)


def _as_asked(each: Acknowledgement) -> _Asked:
    answer = Answer(
        control_number=each.control_number,
        payer_control_number="",  # it tells this number: it is no evidence for itself
        payer=("", ""),
        responsibility="",
        charge=each.charge,
        day=each.day,
        read=True,
        service_from=each.service_from,
        patient=each.patient,
        batch=each.batch,
        came=each.file.received_at,
    )
    return _Asked(each.pk, answer, each.claim_id, each.matched)


def claims_came(organization: Organization, batches: Sequence[int], read: Read, *, first: bool) -> None:
    """Claims of some batches have come: what may be an answer to them is matched anew.

    Args:
        organization: whose they are.
        batches: ids.
        read: see `match_adjudications`.
        first: whether there were no claims before: then nothing was kept of what came earlier.
    """
    if first:
        _begin(organization)
    lengths = _lengths(organization)
    for batch in batches:
        claims = Claim.objects.filter(batch=batch)
        for some in loader.batches(list(claims.values_list("number", "charge", "service_from"))):
            numbers = {number for number, *_ in some} - {""}
            parts = {each[:length] for each in numbers for length in lengths if LEAST <= length < len(each)}
            ids = _of_numbers(organization, numbers, parts) | _of_service(organization, some)
            match_adjudications(organization, ids, read)
            match_acknowledgements(organization, Q(number__in=numbers), read)
            for most in loader.batches(sorted(parts)):
                match_acknowledgements(organization, Q(number__in=most), read)
            link(organization, numbers)


def _begin(organization: Organization) -> None:
    """Everything that came before the first claims is uncertain."""
    rows = Adjudication.objects.filter(organization=organization, claim=None).exclude(matched=BY_HAND)
    kept = rows.exclude(uncertain__isnull=False)
    last = 0
    while some := list(kept.filter(pk__gt=last).order_by("pk")[: loader.AT_A_TIME]):
        last = some[-1].pk
        Uncertain.objects.bulk_create(
            Uncertain(
                organization=organization,
                adjudication=each,
                doubt=Doubt.UNMATCHED,
                number=folded(each.control_number)[:60],
                charge=abs(each.charge) if each.charge is not None else None,
                day=each.day,
                read=False,
            )
            for each in some
        )


def _lengths(organization: Organization) -> list[int]:
    """How long the numbers are of which no claim is known for certain."""
    sizes = Uncertain.objects.filter(organization=organization).annotate(size=Length("number"))
    also = Acknowledgement.objects.filter(organization=organization, claim=None).exclude(number="")
    also_sizes = also.annotate(size=Length("number")).values_list("size", flat=True).distinct()
    return sorted({*sizes.values_list("size", flat=True).distinct(), *also_sizes})


def _of_numbers(organization: Organization, numbers: set[str], parts: set[str]) -> set[int]:
    matched = Adjudication.objects.filter(
        claim__in=Claim.objects.filter(organization=organization, number__in=numbers).values("pk")
    )
    ids = set(matched.values_list("pk", flat=True))
    uncertain = Uncertain.objects.filter(organization=organization)
    for some in loader.batches(sorted(numbers | parts)):
        ids.update(uncertain.filter(number__in=some).values_list("adjudication", flat=True))
    return ids


def _of_service(organization: Organization, claims: Sequence[tuple[Any, ...]]) -> set[int]:
    """Answers with the charge of a claim, and its day where they have been read."""
    charges = {charge for _, charge, _ in claims if charge is not None}
    days = {day for *_, day in claims if day}
    if not (charges and days):
        return set()
    known = Q(read=True, service_from__in=days) | Q(read=False, day__gte=min(days), day__lte=max(days) + A_YEAR)
    rows = Uncertain.objects.filter(known, organization=organization, charge__in=charges)
    return set(rows.values_list("adjudication", flat=True))


def link(organization: Organization, numbers: set[str]) -> None:
    """Have replacements and voids among claims of some numbers name the first claim of their chain."""
    claims = Claim.objects.filter(organization=organization, number__in=numbers)
    later = list(claims.filter(frequency__in=("7", "8")).select_related("batch"))
    if not later:
        return
    firsts = defaultdict(list)
    for each in claims.exclude(frequency__in=("7", "8")).filter(number__in={each.number for each in later}):
        firsts[each.number].append(each)
    changed = []
    for each in later:
        original = _first(each, firsts[each.number])
        if original and each.original_id != original.pk:  # else the payer's number may have told (`record.chains`)
            each.original = original
            changed.append(each)
    loader.change(changed, ["original"])


def _first(later: Claim, firsts: Sequence[Claim]) -> Claim | None:
    """The claim that was replaced: of the same payer and service, where several have the number; the earliest."""
    found = list(firsts)
    for name in ("payer_key", "member_id", "service_from"):
        found = [each for each in found if getattr(each, name) == getattr(later, name)] or found
    found = [each for each in found if (each.sent_on or date.min) <= (later.sent_on or date.max)] or found
    return min(found, key=lambda each: (each.sent_on or date.min, each.batch_id, each.position), default=None)


@action(Permission.WORK_CASES, "matched_by_hand")
def match_by_hand(
    by: User | None,  # noqa: ARG001  the wrapper writes it down
    adjudication: Adjudication,
    claim: Claim | None,
    reason: str,
) -> Done[Adjudication]:
    """Say which claim an answer is about, or that none of ours is; nothing changes it by itself afterwards.

    Args:
        by: who decides.
        adjudication: the answer.
        claim: its claim; None: none of ours.
        reason: in a person's words.

    Raises:
        PeopleError: no reason was given.
    """
    if not reason.strip():
        raise PeopleError("Say why, so that whoever looks next can follow it.")
    touched = {each for each in (adjudication.claim_id, claim.pk if claim else None) if each}
    adjudication.claim, adjudication.matched = claim, BY_HAND
    adjudication.save(update_fields=["claim", "matched"])
    Uncertain.objects.filter(adjudication=adjudication).delete()
    stand_anew(touched)
    return Done(adjudication, {"claim": claim.pk if claim else None, "reason_given": True})


@action(Permission.WORK_CASES, "matched_anew")
def match_anew(by: User | None, adjudication: Adjudication, read: Read) -> Done[Adjudication]:
    """Take back what a person said of an answer: its claim is looked for as if nobody had.

    Args:
        by: who takes it back.
        adjudication: that was matched by hand.
        read: gets its bytes.

    Raises:
        PeopleError: no person has decided about it.
    """
    del by
    if adjudication.matched != BY_HAND:
        raise PeopleError("Nobody has decided about this answer.")
    touched = {each for each in (adjudication.claim_id,) if each}
    adjudication.claim, adjudication.matched = None, ""
    adjudication.save(update_fields=["claim", "matched"])
    match_adjudications(adjudication.organization, [adjudication.pk], read)
    stand_anew(touched)
    adjudication.refresh_from_db()
    return Done(adjudication, {"claim": adjudication.claim_id})


def weighed(adjudication: Adjudication, read: Read) -> list[Weighed]:
    """The claims that an answer may be about, each with what speaks for and against it; the likeliest first.

    Args:
        adjudication: of which no claim is known for certain.
        read: gets its bytes.

    Raises:
        FilesError, OSError: these cannot be had.
    """
    if adjudication.matched == BY_HAND:
        return []
    organization, key = adjudication.organization, adjudication.pk
    doubt: Uncertain | None = getattr(adjudication, "uncertain", None)
    answer = _told(_answer_of(adjudication), doubt if doubt and doubt.read else None)
    if not answer.read:
        asked = _Asked(key, answer, adjudication.claim_id, adjudication.matched)
        answer = _told(answer, _details(organization, [asked], read).get(key))
    fits = _fitting(answer, candidates(organization, [answer]))
    claims = Claim.objects.select_related("batch", "file", "organization").in_bulk([one.id for one in fits])
    alone = [(one.id, match(answer, [one])) for one in fits]
    found = [Weighed(claims[pk], each.confidence if each.claim else 0, each.reasons) for pk, each in alone]
    return sorted(found, key=lambda each: (-each.confidence, -each.claim.pk))[:WEIGHED]
