"""The limits of time that the book knows (book/deadlines.toml), and which of them may hold for a claim."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from reclaim.rules import days, payers, shelf

_BOOK = shelf.BOOKS / "deadlines.toml"

Confidence = Literal["high", "medium", "low"]
Clock = Literal["", "notice", "service", "received"]
"""Which date of a remittance starts a limit; empty: none does."""


class Rule(NamedTuple):
    """One limit of time, as a payer, a law or a regulation sets it."""

    id: str
    title: str  # whose limit it is
    lines: tuple[payers.Line, ...]
    step: str  # filing | correction | appeal_1 ... appeal_5 | records | reopening | recoupment | payer_decision ...
    action: str  # what must be done
    unit: days.Unit
    starts_from: str  # an event of the book
    confidence: Confidence
    source: str
    value: int | None = None  # None: the contract says
    payer: str = ""  # these five: holds only there; empty, everywhere
    state: str = ""
    setting: Literal["", "institutional", "professional"] = ""
    causes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    presumed_days: int = 0  # the notice counts as received so many days after its date
    next_workday: bool = False  # a last day on a weekend or federal holiday moves on
    decision_value: int | None = None  # the payer's time to answer
    decision_unit: days.Unit | None = None
    text_read: bool = False  # whether the text of the source was read, not only known
    as_of: str = ""
    note: str = ""

    @property
    def limit(self) -> str:
        """How long in words, `120 calendar days`."""
        if self.value is None:
            return "as the contract says"
        if self.unit == "year_end":
            return "December 31 of the year after"
        words = self.unit.replace("_", " ")
        return f"{self.value} {words[:-1] if self.value == 1 else words}"

    @property
    def particular(self) -> int:
        """On how many things it depends whether the rule holds."""
        return sum(map(bool, (self.payer, self.state, self.setting, self.causes, self.remarks)))


class Event(NamedTuple):
    """What starts a limit."""

    name: str
    words: str
    clock: Clock = ""


class Kind(NamedTuple):
    """A kind of last day, and the steps of the rules that answer it."""

    name: str
    words: str
    steps: tuple[str, ...]
    line: payers.Line | None = None  # under whose limits, when not the claim's own payer's


class Action(NamedTuple):
    """The kinds of last day that a next step needs, or why it needs none."""

    name: str
    kinds: tuple[str, ...]
    no_day: str = ""


class Also(NamedTuple):
    """A kind that a line of business or a cause adds, and what that says about an appeal."""

    kind: str
    why: str
    line: str = ""
    cause: str = ""
    appeal: Literal["", "needed", "lost"] = ""


class Controversy(NamedTuple):
    """Least dollars in dispute for a Medicare hearing and court case, by the year in which it is asked for."""

    year: int
    hearing: int
    court: int
    confidence: Confidence
    source: str


class PromptPay(NamedTuple):
    """Days that a state gives payers for a clean claim (fully insured plans only), and what a late one costs them."""

    state: str
    electronic_days: int
    paper_days: int
    day_type: Literal["calendar", "working"]
    interest: str
    confidence: Confidence
    source: str
    citation: str = ""
    note: str = ""


class Where(NamedTuple):
    """What decides which limits may hold for a claim."""

    line: str
    payer: str  # key in payers.toml, or ""
    state: str  # or "" when nothing tells it
    institutional: bool
    cause: str
    remarks: frozenset[str]


class Circle(NamedTuple):
    """Rules that stand equally near to a claim; `lent` names the plans whose they are, when not its own payer's."""

    rules: tuple[Rule, ...]
    lent: str = ""


class _Business(NamedTuple):
    name: str
    words: str
    like: tuple[str, ...]


@cache
def rules() -> Mapping[str, Rule]:
    """All limits by id, those too that no remittance can start."""
    found = shelf.entries(_BOOK, "rule", Rule)
    for rule in found:
        _check(f"rule {rule.id}", [rule.starts_from], events())
    return {rule.id: rule for rule in found}


@cache
def events() -> Mapping[str, Event]:
    """What starts a limit, by name."""
    return {event.name: event for event in shelf.entries(_BOOK, "event", Event)}


@cache
def kinds() -> Mapping[str, Kind]:
    """Kinds of last day, by name."""
    return {kind.name: kind for kind in shelf.entries(_BOOK, "kind", Kind)}


@cache
def actions() -> Mapping[str, Action]:
    """What each next step needs, by its action."""
    found = shelf.entries(_BOOK, "action", Action)
    for action in found:
        _check(f"action {action.name}", action.kinds, kinds())
    return {action.name: action for action in found}


@cache
def also() -> tuple[Also, ...]:
    """What lines of business and causes add."""
    found = shelf.entries(_BOOK, "also", Also)
    _check("also", [one.kind for one in found], kinds())
    return found


@cache
def telling_remarks() -> frozenset[str]:
    """Remark codes on which a limit depends."""
    return frozenset(remark for rule in rules().values() for remark in rule.remarks)


def amount_in_controversy(year: int) -> Controversy | None:
    """Least amounts in dispute for Medicare appeals asked for in a year; None where the book has none."""
    return next((one for one in shelf.entries(_BOOK, "controversy", Controversy) if one.year == year), None)


def prompt_pay(state: str) -> PromptPay | None:
    """A state's prompt-pay terms, by two-letter code; None where the book has none."""
    return next((one for one in shelf.entries(_BOOK, "prompt_pay", PromptPay) if one.state == state), None)


@lru_cache(maxsize=4096)
def circles(kind: str, where: Where) -> tuple[Circle, ...]:
    """Finds the rules that may answer a kind of last day for a claim.

    Returns:
        The nearest first: those of its payer, those of its line of business, and what is known of other payers, without
        what holds in one state only or is itself in doubt.
    """
    wanted = kinds()[kind]
    if wanted.line:
        where = where._replace(line=wanted.line, payer="", state="")
    fitting = [rule for rule in rules().values() if rule.step in wanted.steps and _fits(rule, where)]
    mine = [rule for rule in fitting if where.line in rule.lines]
    own = Circle(_own(mine, wanted, where))
    line = Circle(tuple(rule for rule in mine if not rule.payer))
    return tuple(_surely((own, line, *_lent(fitting, where)), where.state))


def _surely(circles_: tuple[Circle, ...], state: str) -> Iterator[Circle]:
    """Circles that hold a rule for this state; one that only has rules for some states widens those after it."""
    unsure: tuple[Rule, ...] = ()
    for rules_, lent in circles_:
        if any(rule.state in ("", state) for rule in rules_):
            yield Circle((*unsure, *rules_), lent)
        else:
            unsure += rules_
    if unsure:
        yield Circle(unsure)


def _fits(rule: Rule, where: Where) -> bool:
    return (
        rule.setting in ("", "institutional" if where.institutional else "professional")
        and (not rule.causes or where.cause in rule.causes)
        and (not rule.remarks or not where.remarks.isdisjoint(rule.remarks))
        and (not where.state or rule.state in ("", where.state))
    )


def _own(mine: list[Rule], kind: Kind, where: Where) -> tuple[Rule, ...]:
    """The payer's rules for the first step that it has any for, and those that a remark calls up."""
    for step in kind.steps:
        own = [rule for rule in mine if rule.payer and rule.payer == where.payer and rule.step == step]
        if own:
            return (*own, *(rule for rule in mine if rule.remarks and not rule.payer))
    return ()


def _lent(fitting: list[Rule], where: Where) -> Iterator[Circle]:
    known = _businesses().get(where.line) or _businesses()["unknown"]
    for business in (known, *(_businesses()[name] for name in known.like)):
        rules_ = [rule for rule in fitting if business.name in rule.lines and (rule.payer or business is not known)]
        sound = tuple(rule for rule in rules_ if not rule.state and rule.confidence != "low")
        yield Circle(sound, business.words)


@cache
def _businesses() -> Mapping[str, _Business]:
    found = {business.name: business for business in shelf.entries(_BOOK, "line", _Business)}
    for business in found.values():
        _check(f"line {business.name}", business.like, found)
    return found


def _check(entry: str, names: Iterable[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise shelf.BookError(f"{_BOOK.name}, {entry}: nothing is called {name!r}; write one of {', '.join(known)}")
