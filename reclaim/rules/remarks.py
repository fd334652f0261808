"""What remark codes say of a denial's sort and of the right to appeal it (book/remarks.toml)."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from reclaim.codes import lookup
from reclaim.rules import shelf

BOOK = shelf.BOOKS / "remarks.toml"


class Says(NamedTuple):
    """What some remark codes say of the sort of a denial."""

    what: str
    type: Literal["technical", "clinical", "administrative"]
    cause: str
    department: str
    preventable: Literal["yes", "partly", "no"]
    remarks: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    also: tuple[str, ...] = ()  # reason codes with a cause of their own which these remarks know better


class NoAppeal(NamedTuple):
    """Why some remark codes take the right to appeal."""

    words: str
    rights: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    whole_claim: bool = False


class Told(NamedTuple):
    """A remark code, and what it says."""

    code: str
    says: Says


class _Open(NamedTuple):
    carcs: tuple[str, ...]


def is_open(carc: str) -> bool:
    """Whether a reason code leaves to its remark what the denial is about; one that the table does not hold does."""
    return carc in _open() or lookup.carc(carc) is None


def completing(remarks: Iterable[str]) -> list[str]:
    """The remark codes that complete a reason code: all but alerts. One that nobody knows may complete it."""
    return [code for code in remarks if not ((known := lookup.rarc(code)) and known.alert)]


def listed(denying: Iterable[str], remarks: Iterable[str]) -> tuple[str, ...]:
    """The codes that a list shows of a denial: ("CO-197", "M62").

    Args:
        denying: The codes that deny, with their groups.
        remarks: The remark codes beside them.

    Returns:
        Each once, remarks behind the others. Alerts say nothing of the reason and stay out, unless they take the right
        of appeal away.
    """
    return _listed(tuple(denying), tuple(remarks))


@lru_cache(maxsize=4096)
def _listed(denying: tuple[str, ...], remarks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*denying, *filter(_telling, remarks))))


def _telling(remark: str) -> bool:
    entry = lookup.rarc(remark)
    return entry is None or not entry.alert or entry.appeal_rights.startswith("none")


def deciding(carc: str, remarks: tuple[str, ...], *, opened: bool = False) -> Told | None:
    """The remark code that says more of a denial than its reason code.

    Args:
        carc: The reason code, "" when there is none.
        remarks: The remark codes beside it, in the order sent. Alerts are asked only when there is no other.
        opened: Whether the remark decides whatever the reason code is.

    Returns:
        The remark and what it says, of several the one that stands first in the book; None when the reason code
        decides.
    """
    opened = opened or is_open(carc)
    told = [Told(code, says) for code in completing(remarks) or remarks if (says := _says(code))]
    fitting = [one for one in told if opened or carc in one.says.also]
    return min(fitting, key=lambda one: _ranks()[one.says.what], default=None)


def no_appeal(beside: Iterable[str], anywhere: Iterable[str]) -> tuple[str, NoAppeal] | None:
    """The first remark code that takes the right to appeal.

    Args:
        beside: The remark codes beside the code that decides.
        anywhere: All remark codes of the claim: some speak for the whole of it.

    Returns:
        The remark and why; None when the right stands. (Engineering rules, 6.)
    """
    for code in beside:
        if known := _no_appeal(code):
            return code, known
    return next(((code, known) for code in anywhere if (known := _no_appeal(code)) and known.whole_claim), None)


def _no_appeal(code: str) -> NoAppeal | None:
    known = lookup.rarc(code)
    rights = known.appeal_rights if known else ""
    return next(
        (row for row in _rows_without_appeal() if code in row.remarks or (rights and rights in row.rights)), None
    )


def _says(code: str) -> Says | None:
    known = lookup.rarc(code)
    return _by_remark().get(code) or (_by_family().get(known.family) if known else None)


# --- the book ---------------------------------------------------------------------------------------------------------


@cache
def _by_remark() -> Mapping[str, Says]:
    return {code: row for row in _rows() for code in row.remarks}


@cache
def _by_family() -> Mapping[str, Says]:
    return {family: row for row in _rows() for family in row.families}


@cache
def _ranks() -> Mapping[str, int]:
    return {row.what: rank for rank, row in enumerate(_rows())}


@cache
def _open() -> frozenset[str]:
    return frozenset(carc for row in shelf.entries(BOOK, "open", _Open) for carc in row.carcs)


@cache
def _rows_without_appeal() -> tuple[NoAppeal, ...]:
    return shelf.entries(BOOK, "no_appeal", NoAppeal)


@cache
def _rows() -> tuple[Says, ...]:
    rows = shelf.entries(BOOK, "says", Says)
    seen: dict[str, str] = {}
    for row in rows:
        if fault := _fault(row, seen):
            raise shelf.BookError(f"{BOOK.name}, says {row.what!r}: {fault}")
        seen |= dict.fromkeys((row.what, *row.remarks, *row.families), row.what)
    return rows


def _fault(row: Says, seen: Mapping[str, str]) -> str:
    """What is wrong with an entry, beyond the types of its fields: codes unknown, or claimed by two entries."""
    tables = {
        "remarks": lookup.rarcs().keys(),
        "families": {known.family for known in lookup.rarcs().values()},
        "also": lookup.carcs().keys(),
    }
    for field, known in tables.items():
        if unknown := set(getattr(row, field)) - known:
            return (
                f"`{field}` names {', '.join(sorted(unknown))}, which the code tables do not hold; correct or remove it"
            )
    if twice := seen.keys() & {row.what, *row.remarks, *row.families}:
        return f"{', '.join(sorted(twice))} stands in an earlier entry too; keep one of the two"
    reasons = lookup.carcs().values()
    if row.cause not in {known.cause for known in reasons}:
        return f"`cause` is {row.cause!r}; write a cause of codes/carc.csv"
    if row.department not in {known.department for known in reasons}:
        return f"`department` is {row.department!r}; write a department of codes/carc.csv"
    return ""
