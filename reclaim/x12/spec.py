"""What the reader knows of a kind of transaction: a TOML file read into frozen values, checked when loaded."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Literal

ColumnType = Literal["text", "code", "money", "number", "date", "since", "until"]
COLUMN_TYPES = ("text", "code", "money", "number", "date", "since", "until")
"""`since` and `until` are the first and the last day of a day, a day with its time, or a period."""


class SpecError(ValueError):
    """A spec that contradicts itself; the text names the file and the entry."""


@dataclass(frozen=True)
class Zone:
    """A loop of the guide. A segment belongs to the zone of the last opener above it."""

    name: str
    loop: str  # as the guide names it: 2100
    opener: str  # as it stands in a file: CLP; N1*PR; HL***22 where the third element decides; NM1*DN|P3 for either
    parent: str  # "" for the outermost
    key: bool  # whether its running count is a key of the tables
    segments: Mapping[str, tuple[int, int]]  # tag: least and most times in one loop; most 0 is without limit
    optional: bool = False  # what it holds may as well stand in its parent, without it

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """The tags of its opener."""
        return tuple(self.opener.split("*")[0].split("|"))

    @cached_property
    def position(self) -> int:
        """The element of the opener that decides; 0 when the tag alone does."""
        return self.opener.count("*")

    @cached_property
    def values(self) -> tuple[str, ...]:
        """What that element reads; the tags when they alone decide."""
        return tuple(self.opener.split("*")[-1].split("|"))


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
    last: int = 0  # of a list: its last component; 0: there is no end


@dataclass(frozen=True, slots=True)
class Table:
    """A table: one row per segment of these tags, or per group of elements that a segment repeats."""

    name: str
    grain: str
    tags: tuple[str, ...]
    columns: tuple[Column, ...]
    every: int = 0  # distance of the repeats in elements; 0: the segment is the row
    times: int = 1
    within: str = ""  # the key that must be open for a row: of segments that mean other things elsewhere


@dataclass(frozen=True)
class Spec:
    """A kind of transaction: its zones, tables and code sets."""

    kind: str
    title: str
    versions: tuple[str, ...]
    zones: tuple[Zone, ...]
    tables: Mapping[str, Table]
    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    record: str = ""  # the zone whose bytes are a claim of their own
    around: tuple[str, ...] = ()  # the zones around it whose own bytes are needed to read it again, outermost first
    only: str = ""  # a tag that stands in no other transaction: where it does, something went wrong

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The zones whose running count is a key, outermost first."""
        return tuple(zone.name for zone in self.zones if zone.key)

    @cached_property
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

    @cached_property
    def procedure(self) -> tuple[str, int]:
        """Tag and element of the composite that says what was done; ("", 0) where there is none."""
        lines = self.tables.get("lines")
        places = (column.element for column in lines.columns if column.name == "procedure") if lines else ()
        return next(((lines.tags[0], place) for place in places if lines), ("", 0))

    @cached_property
    def composites(self) -> frozenset[str]:
        """The segments that have elements with components."""
        tables = [each for each in self.tables.values() if any(column.component for column in each.columns)]
        return frozenset(tag for each in tables for tag in each.tags)

    def zone(self, name: str) -> Zone:
        """The zone of a name."""
        return self.zones[self.number(name)]

    def number(self, name: str) -> int:
        """The number of a zone, as the tables have it."""
        return next(number for number, zone in enumerate(self.zones) if zone.name == name)

    def numbers(self, *loops: str) -> tuple[int, ...]:
        """The numbers of the zones of these loops ("2010AA"), to choose rows of a table by."""
        return tuple(number for number, zone in enumerate(self.zones) if zone.loop in loops)

    def owner(self, zone: Zone) -> str:
        """The key that tells one loop of this zone from the next."""
        return next(name for name in self.line_of(zone) if name in self.keys)

    def homes(self, zone: Zone) -> tuple[str, ...]:
        """The zones that a zone may stand in: its parent, and what holds that if it may be left out."""
        homes = [zone.parent]
        while homes[-1] and self.zone(homes[-1]).optional:
            homes.append(self.zone(homes[-1]).parent)
        return tuple(homes)

    @cached_property
    def placed(self) -> frozenset[str]:
        """The zones whose opener means other things elsewhere: it opens them only where they may stand.

        A claim begins wherever a CLM stands, but NM1*IL is the subscriber above a claim and another insured within
        it, and an SBR may stand in the loop of a subscriber or open that of another payer.
        """
        return frozenset(zone.name for zone in self.zones if self._ambiguous(zone))

    @cached_property
    def nearest(self) -> dict[int, int]:
        """The number of each zone, and that of the nearest key around it, or of itself when it is one."""
        return {number: self.number(self.owner(zone)) for number, zone in enumerate(self.zones)}

    def meanings(self, zone: Zone) -> Iterator[tuple[str, int, int]]:
        """Where a placed zone opens: the deciding element, the number of the zone that it stands in, and its own.

        A loop that holds others may end those that are open; one that holds none stands right in its home.
        """
        homes = {self.number(home) for home in self.homes(zone) if home}
        for inner, stands in enumerate(self.zones):
            line = {self.number(name) for name in self.line_of(stands)} if zone.key else {self.nearest[inner]}
            if line & homes:
                yield from ((value, inner, self.number(zone.name)) for value in zone.values)

    def _ambiguous(self, zone: Zone) -> bool:
        others = [other for other in self.zones if set(other.tags) & set(zone.tags) and other != zone]
        alike = [each for each in others if each.position == zone.position and set(each.values) & set(zone.values)]
        plain = (other for other in self.zones if not set(other.tags) & set(zone.tags))
        listed = any(tag in other.segments for other in plain for tag in zone.tags)
        return bool(alike) or listed or (not zone.key and any(other.parent != zone.parent for other in others))


@cache
def load(kind: str) -> Spec:
    """The spec of a kind of transaction ("835").

    Raises:
        SpecError: the file contradicts itself; the text names the entry at fault.
    """
    return parse(kind, _text(kind))


def _text(kind: str) -> str:
    return files(__package__).joinpath("specs", f"{kind}.toml").read_text(encoding="utf-8")


def parse(name: str, text: str) -> Spec:
    """A spec from its TOML text, laid over that of the kind which it says it is like."""
    try:
        data = tomllib.loads(text)
        data = _over(tomllib.loads(_text(data["like"])), data) if "like" in data else data
        spec = Spec(
            kind=data["kind"],
            title=data["title"],
            versions=tuple(data["versions"]),
            zones=tuple(_zone(each) for each in data["zone"]),
            tables={name: _table(name, each) for name, each in data["table"].items()},
            codes={name: frozenset(str(values).split()) for name, values in data["codes"].items()},
            record=data.get("record", ""),
            around=tuple(data.get("around", ())),
            only=data.get("only", ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SpecError(f"{name}.toml: {error}") from error
    _check(name, spec)
    return spec


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A spec laid over another: zones of the same name are replaced, others come after; tables and codes likewise."""
    zones = {zone["name"]: zone for zone in (*base["zone"], *own.get("zone", ()))}
    tables, codes = ({**base[each], **own.get(each, {})} for each in ("table", "codes"))
    return {**base, **own, "zone": list(zones.values()), "table": tables, "codes": codes}


def _zone(data: Mapping[str, Any]) -> Zone:
    segments = {}
    for each in data["segments"]:
        tag, least, most = each.split()
        segments[tag] = (int(least), int(most))
    name, loop, opener = data["name"], data["loop"], data["opener"]
    optional = data.get("optional", False)
    return Zone(name, loop, opener, data.get("parent", ""), data.get("key", False), segments, optional)


def _table(name: str, data: Mapping[str, Any]) -> Table:
    columns = tuple(Column(**each) for each in data["columns"])
    more = {each: data[each] for each in ("every", "times", "within") if each in data}
    return Table(name, data["grain"], tuple(data["tags"]), columns, **more)


def _check(name: str, spec: Spec) -> None:
    above: set[str] = set()
    for zone in spec.zones:
        if zone.parent and zone.parent not in above:
            raise SpecError(f"{name}.toml: zone {zone.name} has the parent {zone.parent}, which is no zone above it")
        above.add(zone.name)
    if unknown := {*spec.around, *filter(None, [spec.record])} - set(spec.keys):
        raise SpecError(f"{name}.toml: spans are asked of {sorted(unknown)}, which are no keys")
    for table in spec.tables.values():
        _check_table(name, spec, table)


def _check_table(name: str, spec: Spec, table: Table) -> None:
    if unknown := set(table.tags) - spec.tags:
        raise SpecError(f"{name}.toml: table {table.name} reads {sorted(unknown)}, which no zone holds")
    if table.within and table.within not in spec.keys:
        raise SpecError(f"{name}.toml: table {table.name} stands within {table.within}, which is no key")
    if taken := {column.name for column in table.columns} & {"segment", "zone", *spec.keys}:
        raise SpecError(f"{name}.toml: table {table.name} has columns named as the keys {sorted(taken)}")
    for column in table.columns:
        if column.type not in COLUMN_TYPES:
            raise SpecError(f"{name}.toml: {table.name}.{column.name} has the unknown type {column.type}")
        if column.codes and column.codes not in spec.codes:
            raise SpecError(f"{name}.toml: {table.name}.{column.name} names the unknown code set {column.codes}")
