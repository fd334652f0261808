"""What the reader knows of a kind of transaction: a TOML file read into frozen values, checked when loaded."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal

ColumnType = Literal["text", "code", "money", "number", "date"]
COLUMN_TYPES = ("text", "code", "money", "number", "date")


class SpecError(ValueError):
    """A spec that contradicts itself; the text names the file and the entry."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A loop of the guide. A segment belongs to the zone of the last opener above it."""

    name: str
    loop: str  # as the guide names it: 2100
    opener: str  # tag, or tag*qualifier when the first element decides
    parent: str  # "" for the outermost
    key: bool  # whether its running count is a key of the tables
    segments: Mapping[str, tuple[int, int]]  # tag: least and most times in one loop; most 0 is without limit


@dataclass(frozen=True, slots=True)
class Column:
    """One typed column: an element, or a component of one."""

    name: str
    element: int  # of a repeated group: where it stands first; negative: the same element for every group
    type: ColumnType = "text"
    component: int = 0  # 0: the whole element
    required: bool = False
    codes: str = ""  # name of the code set it must come from
    rest: bool = False  # a list of this component and all that follow


@dataclass(frozen=True, slots=True)
class Table:
    """A table: one row per segment of these tags, or per group of elements that a segment repeats."""

    name: str
    grain: str
    tags: tuple[str, ...]
    columns: tuple[Column, ...]
    every: int = 0  # distance of the repeats in elements; 0: the segment is the row
    times: int = 1


@dataclass(frozen=True, slots=True)
class Spec:
    """A kind of transaction: its zones, tables and code sets."""

    kind: str
    title: str
    versions: tuple[str, ...]
    zones: tuple[Zone, ...]
    tables: Mapping[str, Table]
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[str, ...]:
        """The zones whose running count is a key, outermost first."""
        return tuple(zone.name for zone in self.zones if zone.key)

    @property
    def tags(self) -> frozenset[str]:
        """Every segment the guide allows somewhere."""
        return frozenset(tag for zone in self.zones for tag in zone.segments)

    def within(self, key: str) -> tuple[int, ...]:
        """The numbers of the zones that lie inside a zone, itself included."""
        return tuple(number for number, zone in enumerate(self.zones) if key in self.line_of(zone))

    def line_of(self, zone: Zone) -> tuple[str, ...]:
        """A zone's name and those of all that hold it."""
        parents = {each.name: each.parent for each in self.zones}
        line = [zone.name]
        while parents[line[-1]]:
            line.append(parents[line[-1]])
        return tuple(line)


@cache
def load(kind: str) -> Spec:
    """The spec of a kind of transaction ("835").

    Raises:
        SpecError: the file contradicts itself; the text names the entry at fault.
    """
    return parse(kind, files(__package__).joinpath("specs", f"{kind}.toml").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Spec:
    """A spec from its TOML text."""
    try:
        data = tomllib.loads(text)
        spec = Spec(
            kind=data["kind"],
            title=data["title"],
            versions=tuple(data["versions"]),
            zones=tuple(_zone(each) for each in data["zone"]),
            tables={name: _table(name, each) for name, each in data["table"].items()},
            codes={name: frozenset(str(values).split()) for name, values in data["codes"].items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SpecError(f"{name}.toml: {error}") from error
    _check(name, spec)
    return spec


def _zone(data: Mapping[str, Any]) -> Zone:
    segments = {}
    for each in data["segments"]:
        tag, least, most = each.split()
        segments[tag] = (int(least), int(most))
    return Zone(data["name"], data["loop"], data["opener"], data.get("parent", ""), data.get("key", False), segments)


def _table(name: str, data: Mapping[str, Any]) -> Table:
    columns = tuple(Column(**each) for each in data["columns"])
    return Table(name, data["grain"], tuple(data["tags"]), columns, data.get("every", 0), data.get("times", 1))


def _check(name: str, spec: Spec) -> None:
    above: set[str] = set()
    for zone in spec.zones:
        if zone.parent and zone.parent not in above:
            raise SpecError(f"{name}.toml: zone {zone.name} has the parent {zone.parent}, which is no zone above it")
        above.add(zone.name)
    for table in spec.tables.values():
        if unknown := set(table.tags) - spec.tags:
            raise SpecError(f"{name}.toml: table {table.name} reads {sorted(unknown)}, which no zone holds")
        for column in table.columns:
            if column.type not in COLUMN_TYPES:
                raise SpecError(f"{name}.toml: {table.name}.{column.name} has the unknown type {column.type}")
            if column.codes and column.codes not in spec.codes:
                raise SpecError(f"{name}.toml: {table.name}.{column.name} names the unknown code set {column.codes}")
