"""Hidden payer rules: what a payer denies without ever having told anybody, from when to when."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from reclaim.rules.shelf import BookError, entries
from reclaim.world.chance import stream
from reclaim.world.events import Events
from reclaim.world.model import Claim, Line
from reclaim.world.regimes import Regime

BOOK = Path(__file__).parent / "book" / "hidden.toml"

Tells = Literal["unit_limit", "modifier_wanted", "records_wanted", "policy_not_met"]


class _Row(NamedTuple):
    id: str
    version: int
    payer: str
    words: str
    tells: Tells
    order: int
    chance: Decimal
    rightful: bool
    starts: Decimal | None = None
    ends: Decimal | None = None
    event: str = ""
    form: Literal["P", "I", ""] = ""
    admitted: bool = False
    specialties: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    without_diagnoses: tuple[str, ...] = ()
    above_claim: int = 0
    without_attachment: bool = False
    procedures: tuple[str, ...] = ()
    above_units: int = 0
    above_line: int = 0
    without_modifiers: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One version of a hidden rule as it stands in this run."""

    id: str
    version: int
    payer: str  # Payer.id
    words: str
    tells: Tells  # group of book/combos.toml
    order: int
    since: date
    until: date  # the last day
    chance: float  # after the regime
    rightful: bool
    wants: _Row

    @property
    def name(self) -> str:
        """Id and version, as the truth says them."""
        return f"{self.id}/{self.version}"

    def fits(self, claim: Claim) -> bool:
        """Whether the claim is one the rule speaks of, be it day and chance as they may."""
        wants = self.wants
        return not (
            (wants.form and wants.form != claim.form)
            or (wants.admitted and not claim.admitted)
            or (wants.specialties and claim.specialty not in wants.specialties)
            or (wants.above_claim and claim.charge <= wants.above_claim)
            or (wants.without_attachment and claim.attachment)
            or (wants.diagnoses and not _begin(claim, wants.diagnoses))
            or (wants.without_diagnoses and _begin(claim, wants.without_diagnoses))
            or (_by_line(wants) and not self.lines(claim))
        )

    def lines(self, claim: Claim) -> tuple[int, ...]:
        """Numbers of the lines that the rule denies on a claim it fits; () means the whole claim."""
        if not _by_line(self.wants):
            return ()
        return tuple(line.number for line in claim.lines if _wanted(self.wants, line, claim))


class Hidden:
    """The hidden rules of all payers in one run."""

    def __init__(self, seed: int, regime: Regime, events: Events) -> None:
        self._seed = seed
        self._all = [_placed(row, regime, events) for row in entries(BOOK, "rule", _Row)]
        self._of: dict[str, tuple[Rule, ...]] = {
            payer: tuple(sorted((one for one in self._all if one.payer == payer), key=_order))
            for payer in events.payers
        }

    def all(self) -> list[Rule]:
        """Every version of every rule, in the order of the book."""
        return list(self._all)

    def first(self, claim: Claim, day: date) -> Rule | None:
        """The rule that denies a claim judged on a day: the first, in the payer's order, that holds, fits and fires.

        The same claim id always has the same luck with the same version of a rule, however often it is judged.
        """
        for rule in self._of.get(claim.payer.id, ()):
            if rule.since <= day <= rule.until and rule.fits(claim) and self._fires(rule, claim):
                return rule
        return None

    def _fires(self, rule: Rule, claim: Claim) -> bool:
        return stream(self._seed, "hidden", rule.id, rule.version, claim.id).random() < rule.chance


def _placed(row: _Row, regime: Regime, events: Events) -> Rule:
    if row.payer not in events.payers:
        raise BookError(f"hidden.toml, {row.id}: no payer {row.payer!r} in payers.toml")
    since, until = _span(row, events)
    chance = min(1.0, float(row.chance) * regime.rules)
    return Rule(
        row.id, row.version, row.payer, row.words, row.tells, row.order, since, until, chance, row.rightful, row
    )


def _span(row: _Row, events: Events) -> tuple[date, date]:
    if (row.starts is None) == (not row.event):
        raise BookError(f"hidden.toml, {row.id}: say when it starts, by `starts` or by `event`")
    if row.event:
        if found := events.span(row.id):
            return found[0], found[1] if found[1] < events.until else date.max
        raise BookError(f"hidden.toml, {row.id}: no event of events.toml names it as its `rule`")
    days = (events.until - events.since).days
    since = events.since + timedelta(days=int(days * (row.starts or 0)))
    if row.ends is None:
        return since, date.max
    return since, events.since + timedelta(days=int(days * row.ends) - 1)


def _order(rule: Rule) -> int:
    return rule.order


def _begin(claim: Claim, prefixes: tuple[str, ...]) -> bool:
    return any(code.startswith(prefixes) for code in claim.diagnoses)


def _by_line(wants: _Row) -> bool:
    return bool(wants.procedures or wants.above_units or wants.above_line or wants.without_modifiers or wants.beside)


def _wanted(wants: _Row, line: Line, claim: Claim) -> bool:
    return (
        (not wants.procedures or line.procedure in wants.procedures)
        and line.units > wants.above_units
        and line.charge > wants.above_line
        and not any(one in wants.without_modifiers for one in line.modifiers)
        and (
            not wants.beside or any(one.procedure in wants.beside and one.number != line.number for one in claim.lines)
        )
    )
