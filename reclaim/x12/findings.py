"""What is wrong with the bytes, and where: findings on values and on the order of segments.

A finding is a value, never raised. Its segment is counted from 0 in its piece here; the reader makes it the number
in the file, from 1.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

import polars as pl

from reclaim.x12.frame import ENVELOPE, OUTSIDE
from reclaim.x12.spec import Column, Spec, Table, Zone

Level = Literal["error", "warning", "info"]
NOUNS = {
    "money": "an amount of money",
    "number": "a number",
    "date": "a date (YYYYMMDD)",
    "since": "a date (YYYYMMDD, or two with a hyphen)",
    "until": "a date (YYYYMMDD, or two with a hyphen)",
}
TIME = r"^\d{4}$"
"""A time of day (format TM), which stands where other DTP have their days."""
SHOWN = 24
"""A faulty value is quoted up to so many characters: enough to find it."""
STRANGERS = 20
"""So many unknown tags of a piece are named: enough to see what it is."""


class Finding(NamedTuple):
    """One thing that is not as it should be: how bad, by which rule, where, and what to do."""

    level: Level  # error: something cannot be read or does not add up; warning: against the guide; info: worth knowing
    rule: str
    segment: int | None
    path: str  # loop and element, as the guide names them: "2100 CLP04"
    text: str
    times: int = 1  # how many places it stands for; `segment` is the first


class Findings:
    """The findings of one piece on values and order, by the rules of one spec.

    Args:
        spec: what the guide says.
        finer: whether any number of the piece has more than two decimals.
    """

    def __init__(self, spec: Spec, *, finer: bool = True) -> None:
        self.spec = spec
        self.finer = finer
        self.list: list[Finding] = []

    def add(self, level: Level, rule: str, segment: int | None, path: str, text: str, times: int = 1) -> None:
        """Note one finding."""
        self.list.append(Finding(level, rule, segment, path, text, times))

    def values(
        self, table: Table, shift: int, texts: pl.DataFrame, typed: pl.DataFrame, codes: Mapping[str, frozenset[str]]
    ) -> None:
        """Check every column of a table: required, format, code set.

        Args:
            table: what the spec says of it.
            shift: how many elements to the right of the first group this one stands.
            texts: the texts that were sent.
            typed: the same rows as values, null where a text could not be read.
            codes: code sets by name; one that is empty is not checked.
        """
        for column in table.columns:
            if column.rest:
                continue
            if column.required and texts[column.name].null_count():
                self._missing(table, column, shift, texts)
            if column.type in NOUNS:
                self._formats(table, column, shift, texts, typed)
            elif codes.get(column.codes):
                self._codes(table, column, shift, texts, codes[column.codes])

    def _missing(self, table: Table, column: Column, shift: int, texts: pl.DataFrame) -> None:
        for segment, path in self._places(table, column, shift, texts.filter(pl.col(column.name).is_null())):
            self.add("error", "element-missing", segment, path, f"{path} ({words(column.name)}) is missing.")

    def _formats(self, table: Table, column: Column, shift: int, texts: pl.DataFrame, typed: pl.DataFrame) -> None:
        text, value = texts[column.name], typed[column.name]
        if value.null_count() > text.null_count() and column.type != "until":  # which reads what `since` has read
            bad = texts.filter(value.is_null() & text.is_not_null())
            bad = bad.filter(~bad[column.name].str.contains(TIME)) if column.type == "since" else bad
            for (segment, path), wrong in zip(self._places(table, column, shift, bad), bad[column.name], strict=True):
                said = f"{path} ({words(column.name)}) should be {NOUNS[column.type]} but reads “{quoted(wrong)}”."
                self.add("error", "element-format", segment, path, f"{said} It is taken as not sent.")
        if self.finer and column.type == "money" and (finer := text.str.contains(r"\.\d\d\d")).any():
            for segment, path in self._places(table, column, shift, texts.filter(finer)):
                said = f"{path} ({words(column.name)}) has more than two decimals: it is rounded to the cent."
                self.add("warning", "element-decimals", segment, path, said)

    def beyond(self, table: Table, rows: pl.DataFrame) -> None:
        """Note the segments that repeat a group of elements more often than the guide allows."""
        for segment, zone in rows.select("segment", "zone").iter_rows():
            said = f"{table.tags[0]} has more than {table.times} groups of elements. What follows them is left out."
            self.add("error", "element-excess", segment, f"{self._loop(zone)} {table.tags[0]}", said)

    def _codes(self, table: Table, column: Column, shift: int, texts: pl.DataFrame, known: frozenset[str]) -> None:
        text = texts[column.name]
        good = text.is_in(known)
        if good.all():
            return
        unknown = texts.filter(~good).group_by(column.name, maintain_order=True)
        for row in unknown.agg(pl.len(), pl.col("segment", "zone").first()).iter_rows(named=True):
            path = self._path(table, column, shift, row["zone"])
            said = f"{path} ({words(column.name)}) has the code “{quoted(row[column.name])}”, which is in no list"
            said += f" for it; {row['len']} times." if row["len"] > 1 else " for it."
            self.add("warning", "code-unknown", row["segment"], path, f"{said} It is kept as sent.", row["len"])

    def _places(self, table: Table, column: Column, shift: int, rows: pl.DataFrame) -> Iterator[tuple[int, str]]:
        for segment, zone in rows.select("segment", "zone").iter_rows():
            yield segment, self._path(table, column, shift, zone)

    def _path(self, table: Table, column: Column, shift: int, zone: int) -> str:
        element = column.element + shift if column.element > 0 else -column.element
        place = f"{table.tags[0]}{element:02d}" + (f"-{column.component}" if column.component else "")
        return f"{self._loop(zone)} {place}".strip()

    def _loop(self, zone: int) -> str:
        return "" if zone == OUTSIDE else self.spec.zones[zone].loop

    def order(self, parts: Mapping[str, pl.DataFrame]) -> None:
        """Check the known segments of a zoned frame, by tag: misplaced, missing, more than the guide allows."""
        for tag, part in parts.items():
            zones = part["zone"].unique() if part["zone"].min() != part["zone"].max() else part["zone"][:1]
            for number in zones:
                rows = part.filter(part["zone"] == number) if len(zones) > 1 else part
                if number == OUTSIDE:
                    if tag not in ENVELOPE:
                        self._outside(tag, rows["segment"][0], len(rows), self._names(tag, rows))
                elif limits := self.spec.zones[number].segments.get(tag):
                    self._repeats(self.spec.zones[number], tag, limits[1], rows)
                else:
                    self._misplaced(self.spec.zones[number], tag, rows)
        for number, zone in enumerate(self.spec.zones):
            self._absent(number, zone, parts)
            self._orphans(number, zone, parts)

    def unknown(self, rows: pl.DataFrame) -> None:
        """Note segments that no loop holds, by tag; only the first few tags of junk, where each segment has its own."""
        tags = rows.group_by("zone", pl.col("tag").cast(pl.String), maintain_order=True)
        found = tags.agg(pl.col("segment").first(), pl.len())
        for zone, tag, segment, times in found.head(STRANGERS).iter_rows():
            if zone == OUTSIDE:
                self._outside(tag, segment, times)
            else:
                path, often = f"{self._loop(zone)} {quoted(tag)}", f" ({times} times)" if times > 1 else ""
                said = (
                    f"“{quoted(tag)}” is no segment of a {self.spec.title}{often}. It is left out; ask the sender what"
                )
                self.add("warning", "segment-unknown", segment, path, f"{said} it was.", times)
        if len(rest := found[STRANGERS:]):
            times = sum(rest["len"])
            said = f"{times:,} segments with {len(rest):,} more tags that no {self.spec.title} has are left out."
            self.add("error", "segment-unknown", rest["segment"][0], "", said, times)

    def _misplaced(self, zone: Zone, tag: str, rows: pl.DataFrame) -> None:
        times = f" ({len(rows)} times)" if len(rows) > 1 else ""
        said = f"{tag} does not belong in loop {zone.loop}{times}. It is read as part of that loop."
        self.add("warning", "segment-misplaced", rows["segment"][0], f"{zone.loop} {tag}", said, len(rows))

    def _outside(self, tag: str, segment: int, times: int, names: str = "") -> None:
        said = (
            f"{times} {quoted(tag)} outside of any transaction (ST to SE) left out{names}. Ask the sender for the whole"
        )
        self.add("error", "segment-outside", segment, quoted(tag), f"{said} file.", times)

    def _names(self, tag: str, rows: pl.DataFrame) -> str:
        """The numbers of claims and the like, so that somebody can look for them."""
        if tag not in {zone.opener for zone in self.spec.zones if zone.key}:
            return ""
        names = rows["elements"].list.get(1, null_on_oob=True).fill_null("?")
        return ": " + ", ".join(quoted(name) for name in names)

    def _repeats(self, zone: Zone, tag: str, most: int, rows: pl.DataFrame) -> None:
        if not most or len(rows) <= most or tag in zone.tags:
            return
        owner = rows[self.spec.owner(zone)]
        over = rows.filter(owner == owner.shift(most))
        if not over.is_empty():
            said = f"{tag} stands more than {most} times in one loop {zone.loop} ({len(over)} too many). All are read."
            self.add("warning", "segment-repeats", over["segment"][0], f"{zone.loop} {tag}", said, len(over))

    def _absent(self, number: int, zone: Zone, parts: Mapping[str, pl.DataFrame]) -> None:
        needed = [tag for tag, (least, _) in zone.segments.items() if least and tag not in zone.tags]
        if not needed or zone.tags[0] not in parts:
            return
        key = self.spec.owner(zone)
        owners = parts[zone.tags[0]].filter(pl.col("zone") == number)
        for tag in needed:
            have = parts[tag].filter(pl.col("zone") == number)[key].unique() if tag in parts else owners[key].clear()
            for segment in owners.filter(~owners[key].is_in(have.implode()))["segment"]:
                said = f"{tag} is missing in this loop {zone.loop}."
                self.add("error", "segment-missing", segment, f"{zone.loop} {tag}", said)

    def _orphans(self, number: int, zone: Zone, parts: Mapping[str, pl.DataFrame]) -> None:
        """Note the loops that stand in a transaction without the loop that should hold them."""
        tag, homes = zone.tags[0], self.spec.homes(zone)
        if homes[-1] not in self.spec.keys or tag not in parts or parts[tag][homes[-1]].null_count() == 0:
            return
        rows = parts[tag].filter((pl.col("zone") == number) & pl.all_horizontal(pl.col(*homes).is_null()))
        if rows.height:
            said = f"{len(rows)} {tag} stand before any {homes[-1]} of their transaction and belong to none."
            said += " Ask the sender for the file again."
            self.add("error", "segment-orphan", rows["segment"][0], f"{zone.loop} {tag}", said, len(rows))


def words(name: str) -> str:
    """A column's name as words: `control_number` to "control number"."""
    return name.replace("_", " ")


def quoted(text: str) -> str:
    """A value short enough to show and without characters that would disturb a terminal."""
    clean = "".join(each if each.isprintable() else "?" for each in text)
    return clean if len(clean) <= SHOWN else f"{clean[:SHOWN]}…"


def merged(findings: Iterable[Finding], at_most: int) -> list[Finding]:
    """The findings in the order of the file, at most so many of one rule; what more there are is counted in one."""
    kept: list[Finding] = []
    counts: dict[str, int] = {}
    more: dict[str, Finding] = {}
    for finding in findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
        if counts[finding.rule] <= at_most:
            kept.append(finding)
        elif finding.rule in more:
            more[finding.rule] = more[finding.rule]._replace(times=more[finding.rule].times + finding.times)
        else:
            more[finding.rule] = finding
    rest = [
        each._replace(text=f"{each.times:,} more of this kind follow. The first: {each.text}") for each in more.values()
    ]
    return [*kept, *rest]
