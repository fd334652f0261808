"""Cases follow the record: opened by a denial, moved by every later answer, whatever order the files came in."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from operator import attrgetter
from typing import Any

import polars as pl
from django.db.models import Q

from reclaim.desk.acting import Job, place
from reclaim.desk.locating import Places
from reclaim.desk.models import Case, Stage, State, Waiting
from reclaim.desk.opening import ANSWERS, FROM_FACTS, STANDING, Arrivals
from reclaim.desk.priorities import placed
from reclaim.people import events
from reclaim.people.models import Organization
from reclaim.record import chains, intake, loader
from reclaim.record.adjudged import Facts, Reread
from reclaim.record.models import Adjudication
from reclaim.record.money import dollars
from reclaim.rules.facts import Kind
from reclaim.rules.money import ZERO
from reclaim.rules.settling import DUPLICATE, Answer, Settled, settle

OF_PEOPLE = ("stage", "waiting", "until", "overruled", "decided_on")
"""What people made of a case, as far as later answers bear on it."""
_WRITTEN = attrgetter(*(f"{name}_id" for name in ANSWERS), *STANDING, *FROM_FACTS, *OF_PEOPLE, "location_id")
"""All of a case that answers may change, but for its version, which counts the changes."""
MONEY = ("charge", "denied", "expected", "score")
Row = Mapping[str, Any]
"""A denial that has just come in: see `intake.Brought`."""
Again = Callable[[Mapping[int, str]], Mapping[int, Reread]]
"""Reads the bytes of adjudications again and judges each as a kind of denial, by their ids: for what no row holds."""
SETTLING = Job("settling")
ANSWERED = "answered"
"""Verb of the event of a case that people have worked on and that a payer's answer moves."""


class LostWorkError(Exception):
    """A file that is read anew no longer answers claims that people worked on; the message says how many."""


def follow(came: Arrivals, before: Collection[str], again: Again, astray: Sequence[chains.Move] = ()) -> None:
    """Open and move the cases that a file touches, within the transaction of the caller.

    Args:
        came: what the file brought; its adjudications are stored.
        before: keys of the claims that it answered when it was read before.
        again: see `Again`.
        astray: answers of this file, or of others, that turned out to be to another claim (`record.chains`).

    Raises:
        LostWorkError: nothing may stay of this.
    """
    organization, moves = came.organization, _moved(came.organization, astray)
    _insist(organization, before)
    chained = (came.touched() if before else came.chained()).union(before, *((each.old, each.new) for each in moves))
    came.open(but=chained)
    known = _rekeyed(came.denials(chained), moves)
    told: list[events.Entry] = []
    for some in loader.batches(sorted(chained)):
        first, end = known["key"].search_sorted(some[0], "left"), known["key"].search_sorted(some[-1], "right")
        rows = {row["id"]: row for row in known.slice(first, end - first).to_dicts()}
        told += _chains(organization, some, rows, again)
    events.record_many(organization, None, told)


def _moved(organization: Organization, astray: Sequence[chains.Move]) -> list[chains.Move]:
    """Keep answers with the claims that they are to, and cases with their answers.

    The case of a key that loses all answers goes with them. Where people worked on both, each keeps its own answers.
    """
    cases: dict[str, Case] = {}
    for some in loader.batches({key for each in astray for key in (each.old, each.new)}):
        rows = Case.objects.filter(organization=organization, key__in=some).select_for_update()
        cases |= {case.key: case for case in rows}
    worked = {key for key, case in cases.items() if case.owner_id is not None or case.worked_at is not None}
    moves = [each for each in astray if not {each.old, each.new} <= worked]
    chains.rekey(moves)
    for old, new in {each.old: each.new for each in moves if each.old in cases}.items():
        rest = Adjudication.objects.filter(organization=organization, key=old)
        if not rest.exists() and (new not in cases or old in worked):
            if new in cases:
                cases.pop(new).delete()
            case = cases[new] = cases.pop(old)
            case.key = new
            case.save(update_fields=["key"])
    return moves


def _rekeyed(denials: pl.DataFrame, moves: Sequence[chains.Move]) -> pl.DataFrame:
    """Denials by the keys of their claims."""
    if moves:
        to = {each.id: each.new for each in moves}
        key = pl.col("id").replace_strict(to, default=pl.col("key"), return_dtype=pl.String)
        denials = denials.with_columns(key.alias("key"))
    return denials.sort("key")


def _insist(organization: Organization, keys: Collection[str]) -> None:
    """Nobody's work may be lost with answers that a file no longer holds."""
    lost = 0
    for some in loader.batches(sorted(keys)):
        answered = Adjudication.objects.filter(organization=organization, key__in=some).values("key")
        worked = Case.objects.filter(_worked(), organization=organization, key__in=some)
        lost += worked.exclude(key__in=answered).count()
    if lost:
        cases = "1 case" if lost == 1 else f"{lost:,} cases"
        raise LostWorkError(f"the payer's answers to {cases} that people worked on were not found in it any more")


def _worked() -> Q:
    return Q(owner__isnull=False) | Q(worked_at__isnull=False)


def _chains(
    organization: Organization, keys: Sequence[str], known: Mapping[int, Row], again: Again
) -> list[events.Entry]:
    """Claims with several answers: what they come to now, and the events of cases that this moves."""
    answered, origins = _answers(organization, keys)
    settled = {key: found for key, answers in answered.items() if (found := settle(answers))}
    rows = Case.objects.filter(organization=organization, key__in=keys).select_for_update().order_by("pk")
    cases = {case.key: case for case in rows}
    before = {key: _Before(case) for key, case in cases.items()}
    _forget([cases[key] for key in cases if key not in settled], answered)
    facts, read = _facts(settled, cases, known, again)
    _take_back(organization, answered, settled, read)
    places = Places(organization)
    for key, each in settled.items():
        if key not in cases:
            payer, control_number = origins[each.first.id]
            cases[key] = Case(organization=organization, key=key, payer_id=payer, control_number=control_number)
        if told := facts.get(key):
            _show(cases[key], told)
            places.put(cases[key])
        _stand(cases[key], each, len(answered[key]))
    changed = [case for key, case in cases.items() if key in before and case.pk and before[key].changed(case)]
    for case in changed:
        case.version += 1
    loader.change(changed, (*ANSWERS, *STANDING, *FROM_FACTS, *OF_PEOPLE, "location", "version"))
    Case.objects.bulk_create(case for key, case in cases.items() if key not in before)
    return [entry for case in changed for entry in before[case.key].told(case)]


class _Before:
    """A case as it was before an answer came."""

    def __init__(self, case: Case) -> None:
        self._values = _WRITTEN(case)
        self._place, self._state, self._decided_on = place(case), case.state, case.decided_on

    def changed(self, case: Case) -> bool:
        """Whether there is anything to write."""
        return bool(self._values != _WRITTEN(case))

    def told(self, case: Case) -> Iterator[events.Entry]:
        """The event of a case that people worked on, where the answer moved it or undid what they decided."""
        touched = case.owner_id is not None or case.worked_at is not None
        if touched and (case.state != self._state or (self._decided_on and case.decided_on is None)):
            detail = {"job": SETTLING.name, "from": self._place, "to": place(case), "version": case.version}
            yield events.Entry(ANSWERED, case, detail)


def _answers(
    organization: Organization, keys: Sequence[str]
) -> tuple[dict[str, list[Answer]], dict[int, tuple[int, str]]]:
    """All answers to some claims by key; payer and control number of each by its id."""
    shown = (
        *("remittance__payer_id", "control_number", "key", "day", "remittance__trace_number", "position", "kind"),
        *("status", "paid", "denied", "charge", "payer_control_number", "id"),
    )
    rows = Adjudication.objects.filter(organization=organization, key__in=keys)
    answered: dict[str, list[Answer]] = defaultdict(list)
    origins: dict[int, tuple[int, str]] = {}
    for payer, control_number, key, *told in rows.values_list(*shown):
        day, trace, position, kind, status, paid, denied, charge, theirs, number = told
        money = paid or ZERO, denied, charge or ZERO
        answered[key].append(Answer(day or date.min, trace, position, kind, status, *money, theirs, number))
        origins[number] = payer, control_number
    return answered, origins


def _forget(cases: Sequence[Case], answered: Mapping[str, Sequence[Answer]]) -> None:
    """Nothing is denied after all: an answer that came late explains it. What people worked on stays."""
    untouched = {case.pk for case in cases if case.owner_id is None and case.worked_at is None}
    Case.objects.filter(pk__in=untouched).delete()
    for case in cases:
        if case.pk in untouched:
            case.pk = None
            continue
        answers = {each.id for each in answered[case.key]}
        for name in (f"{each}_id" for each in ANSWERS):
            if getattr(case, name) not in answers:
                setattr(case, name, max(answers))
        case.state = State.CLOSED


def _facts(
    settled: Mapping[str, Settled], cases: Mapping[str, Case], known: Mapping[int, Row], again: Again
) -> tuple[dict[str, Facts], dict[int, Reread]]:
    """What cases are to show of denials, by their keys, unless they show it already; and what was read again for it."""
    wanted = {key: _kinds(each) for key, each in settled.items() if not _shows(cases.get(key), each, known)}
    facts, unread = dict[int, Facts](), dict[int, str]()
    for number, kind in (item for kinds in wanted.values() for item in kinds.items()):
        row = known.get(number)
        if row and kind == _plain(row["kind"]):
            facts[number] = Facts(**{name: row[name] for name in Facts._fields})
        else:
            unread[number] = kind
    read = dict(again(unread)) if unread else {}
    facts |= {number: each.facts for number, each in read.items()}
    return {key: _as_one([facts[number] for number in kinds], settled[key]) for key, kinds in wanted.items()}, read


def _shows(case: Case | None, settled: Settled, known: Mapping[int, Row]) -> bool:
    """Whether a case shows its denial already, as far as can be told; what has just come in is always shown."""
    denial = settled.denial
    if case is None or len(settled.denials) > 1 or denial.id in known:
        return False
    same = (case.denial_id, case.kind, case.charge) == (denial.id, str(settled.kind), settled.charge or case.charge)
    lines_missing = denial.reverses and not denial.denied
    return same and not lines_missing


def _take_back(
    organization: Organization,
    answered: Mapping[str, Sequence[Answer]],
    settled: Mapping[str, Settled],
    read: Mapping[int, Reread],
) -> None:
    """Keep the denied lines of reversals that are the denial of a case, and of no others."""
    taken = {each.id for found in settled.values() for each in found.denials if each.reverses}
    every = [each for answers in answered.values() for each in answers if each.reverses]
    lines = {each.id: read[each.id].lines for each in every if each.id in taken and each.id in read and not each.denied}
    restored = [each.id for each in every if each.denied and each.id not in taken]
    if lines or restored:
        intake.take_back(organization, lines, restored)


def _kinds(settled: Settled) -> dict[int, str]:
    """As what each piece that denies is judged."""
    taken = settled.kind == Kind.TAKEBACK
    return {each.id: str(settled.kind) if taken else _plain(each.kind) for each in settled.denials}


def _plain(kind: str) -> str:
    return str(Kind.DENIED if kind == DUPLICATE else kind)


def _as_one(pieces: Sequence[Facts], settled: Settled) -> Facts:
    """The pieces of a denial, the largest first: its dollars and last days are those of all, the rest is its own."""
    facts = pieces[0]
    if settled.charge is not None:
        facts = facts._replace(charge=int(settled.charge * 100))
    if len(pieces) == 1:
        return facts
    sums = {name: sum(getattr(each, name) for each in pieces) for name in ("denied", "expected", "score")}
    earliest: dict[str, str] = {}
    for kind, _, day in (each.partition(":") for piece in pieces for each in piece.days.split()):
        earliest[kind] = min(day, earliest.get(kind, day))
    ordered = sorted(earliest.items(), key=lambda item: item[::-1])
    days = " ".join(f"{kind}:{day}" for kind, day in ordered)
    kind, day = ordered[0] if ordered else ("", "")
    return facts._replace(**sums, days=days, deadline=date.fromisoformat(day) if day else None, deadline_kind=kind)


def _show(case: Case, facts: Facts) -> None:
    """What the rules say of the denial, but for what a person has set."""
    kept = set()
    if case.pk and case.overruled == (facts.codes or "-"):
        kept = {"type", "cause", "department"}
    elif case.pk:
        case.overruled = ""
    for name in FROM_FACTS:
        if name not in kept:
            value = getattr(facts, name)
            setattr(case, name, dollars(value) if name in MONEY else value)
    case.score = placed(case.score, raised=bool(case.pk and case.raised))


def _stand(case: Case, settled: Settled, answers: int) -> None:
    """What the answers say of a case. What a person decided holds until the payer answers again."""
    answered, decided = case.latest_id != settled.latest.id, case.pk and case.decided_on == settled.latest.id
    case.first_id, case.denial_id, case.latest_id = settled.first.id, settled.denial.id, settled.latest.id
    case.kind, case.answers, case.redenied = str(settled.kind), answers, settled.redenied
    case.recovered, case.opened = settled.recovered, _day(settled.first.day)
    if decided:
        return
    state, resolved = settled.state.value, _day(settled.resolved)
    proposed = case.stage == Stage.APPROVAL and state == State.OPEN
    if (answered or case.state != state) and not proposed:
        case.stage = Stage.WORKING if case.owner_id else Stage.NEW
        case.waiting, case.until = Waiting.NOBODY, None
    case.state, case.resolved, case.decided_on = state, resolved, None


def _day(day: date | None) -> date | None:
    return None if day == date.min else day
