"""What a code means, by date and in plain words: adjustment reasons, remarks, group codes, other code sets."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from operator import attrgetter, itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from reclaim.codes import table
from reclaim.codes.table import CodeTableError, day, one_of, required, some_of, text, words, yes_no

__all__ = [
    "Carc",
    "CodeTableError",
    "Group",
    "Rarc",
    "Value",
    "carc",
    "carc_words",
    "carcs",
    "code_sets",
    "group",
    "groups",
    "in_force",
    "rarc",
    "rarc_words",
    "rarcs",
    "source_words",
    "value",
    "values",
]

_HERE = Path(__file__).parent
_ANY = TypeVar("_ANY")

REMEDIES = (
    "correct_and_resubmit",
    "appeal",
    "send_records",
    "verify_and_reprocess",
    "bill_other_payer",
    "bill_patient",
    "write_off",
    "post_only",
)


class Carc(NamedTuple):
    """One claim adjustment reason code, with what it means for the people who work denials."""

    code: str
    meaning: str
    status: str  # current | deactivated
    start: date | None
    stop: date | None
    type: str  # technical | clinical | administrative | non_denial
    type_if_denied: str  # the type when a non_denial turns out to be a denial
    category: str  # as type, but contractual, patient_responsibility, coordination_of_benefits ... told apart
    cause: str  # root-cause group
    is_denial: str  # true | false | depends_on_group | depends_on_zero_pay
    remedy: str
    alternatives: tuple[str, ...]  # other remedies, best first
    preventable: str  # yes | partly | no
    department: str  # who owns it
    groups: tuple[str, ...]  # the group codes it may stand under; empty: any
    remark_required: bool  # says nothing without a RARC
    policy_expected: bool  # the payer should name its policy in REF*0K
    scope: str  # pharmacy, workers_comp ...; empty: every line of business
    replaced_by: tuple[str, ...]
    note: str
    source: str  # key of sources.csv


class Rarc(NamedTuple):
    """One remittance advice remark code."""

    code: str
    meaning: str  # empty for a few that were retired long ago
    alert: bool  # informs only; the others complete a CARC
    status: str  # current | deactivated
    start: date | None
    stop: date | None
    family: str  # data_element, document_missing, coverage ...
    element: str  # the claim element it complains of, in words
    place: str  # where that stands in the 837
    remedy: str  # empty: none of its own
    appeal_rights: str  # what it says of appeal rights; empty: nothing
    carcs: tuple[str, ...]  # CARCs that it commonly completes
    common: bool
    source: str  # key of sources.csv


class Group(NamedTuple):
    """One claim adjustment group code: who bears the money."""

    code: str
    meaning: str
    liability: str  # provider_liability | provider_liability_disputable | patient_liability | neutral | legacy
    note: str
    source: str  # key of sources.csv


class Value(NamedTuple):
    """One value of another code set: claim status, claim frequency, PLB reason ..."""

    code_set: str
    element: str  # where it stands in a file
    code: str
    meaning: str
    group: str
    note: str
    source: str  # key of sources.csv


def carc(code: str) -> Carc | None:
    """The claim adjustment reason code, or None when the table does not hold it; case and blanks do not matter."""
    return _find(carcs(), code)


def rarc(code: str) -> Rarc | None:
    """The remittance advice remark code, or None when the table does not hold it; case and blanks do not matter."""
    return _find(rarcs(), code)


def group(code: str) -> Group | None:
    """The claim adjustment group code, or None when the table does not hold it; case and blanks do not matter."""
    return _find(groups(), code)


def value(code_set: str, code: str) -> Value | None:
    """One value of a code set (`clp02`, `plb`, `pos` ...), or None when unknown; case and blanks do not matter."""
    return _find(values(code_set), code)


def carc_words(code: str) -> str:
    """What a CARC means in plain words; an unknown one is named as such, so that no code is ever dropped."""
    entry = carc(code)
    return entry.meaning if entry else f"unknown reason code {code.strip() or '(empty)'}"


def rarc_words(code: str) -> str:
    """What a RARC means in plain words; an unknown or long retired one is named as such."""
    entry = rarc(code)
    if entry is None:
        return f"unknown remark code {code.strip() or '(empty)'}"
    return entry.meaning or f"retired remark code {entry.code}"


def in_force(entry: Carc | Rarc, on: date | None) -> bool:
    """Whether a payer may use the code in a remittance of that date; its stop date is its last day.

    Without a date: whether it is current today. A code deactivated on a day that nobody noted counts as stopped.
    """
    if on is None:
        return entry.status == "current"
    started = entry.start is None or entry.start <= on
    return started and (on <= entry.stop if entry.stop else entry.status == "current")


def source_words(source: str) -> str:
    """Where a table row comes from, in words, by the key that stands in its `source`."""
    return _sources().get(source, ("", source))[1]


@cache
def carcs() -> Mapping[str, Carc]:
    """Every claim adjustment reason code by code, in the order of the table."""
    return table.load(_HERE / "carc.csv", Carc, _CARC, attrgetter("code"))


@cache
def rarcs() -> Mapping[str, Rarc]:
    """Every remittance advice remark code by code, in the order of the table."""
    return table.load(_HERE / "rarc.csv", Rarc, _RARC, attrgetter("code"))


@cache
def groups() -> Mapping[str, Group]:
    """Every claim adjustment group code by code."""
    return table.load(_HERE / "groups.csv", Group, _GROUP, attrgetter("code"))


@cache
def values(code_set: str) -> Mapping[str, Value]:
    """Every value of one code set by code; empty when there is no such set."""
    return MappingProxyType({code: entry for (name, code), entry in _values().items() if name == code_set})


@cache
def code_sets() -> Mapping[str, str]:
    """The code sets that `values` knows: name to title, in the order in which a bare code is looked for."""
    return MappingProxyType(dict(_pairs("sets.csv", "code_set", "title").values()))


@cache
def _values() -> Mapping[tuple[str, str], Value]:
    return table.load(_HERE / "values.csv", Value, _VALUE, attrgetter("code_set", "code"))


@cache
def _sources() -> Mapping[str, tuple[str, str]]:
    return _pairs("sources.csv", "source", "text")


def _pairs(name: str, first: str, second: str) -> Mapping[str, tuple[str, str]]:
    return table.load(_HERE / name, lambda *row: row, {first: required, second: required}, itemgetter(0))


def _find(entries: Mapping[str, _ANY], code: str) -> _ANY | None:
    return entries.get(code) or entries.get(code.strip().upper())


def _known_set(cell: str) -> str:
    if cell not in code_sets():
        raise ValueError("name a code set that stands in sets.csv, or add it there")
    return cell


def _known_source(cell: str) -> str:
    if cell not in _sources():
        raise ValueError("name a source that stands in sources.csv, or add it there")
    return cell


_STATUS = one_of("current", "deactivated")
_TYPES = ("technical", "clinical", "administrative")
_CARC = {
    "code": required,
    "meaning": required,
    "status": _STATUS,
    "start": day,
    "stop": day,
    "type": one_of(*_TYPES, "non_denial"),
    "type_if_denied": one_of(*_TYPES, ""),
    "category": required,
    "cause": required,
    "is_denial": one_of("true", "false", "depends_on_group", "depends_on_zero_pay"),
    "remedy": one_of(*REMEDIES),
    "alternatives": some_of(REMEDIES),
    "preventable": one_of("yes", "partly", "no"),
    "department": required,
    "groups": some_of(("CO", "PR", "PI", "OA", "CR")),
    "remark_required": yes_no,
    "policy_expected": yes_no,
    "scope": text,
    "replaced_by": words,
    "note": text,
    "source": _known_source,
}
_RARC = {
    "code": required,
    "meaning": text,
    "alert": yes_no,
    "status": _STATUS,
    "start": day,
    "stop": day,
    "family": required,
    "element": text,
    "place": text,
    "remedy": one_of(*REMEDIES, ""),
    "appeal_rights": text,
    "carcs": words,
    "common": yes_no,
    "source": _known_source,
}
_GROUP = {"code": required, "meaning": required, "liability": required, "note": text, "source": _known_source}
_VALUE = {
    "code_set": _known_set,
    "element": required,
    "code": required,
    "meaning": required,
    "group": text,
    "note": text,
    "source": _known_source,
}
