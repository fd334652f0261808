"""How well a reading of a world's remittances agrees with its truth: found, named, counted, to the cent.

The score needs the product and stands above it; the product knows nothing of the score.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import polars as pl

from reclaim import journey
from reclaim.rules.facts import Kind
from reclaim.rules.judged import Found, Outcome
from reclaim.rules.report import Report
from reclaim.world import tables
from reclaim.world.mailroom import REMITTANCES
from reclaim.x12.sources import Source, size, sources

DENIALS = ("denied", "denied_in_part", "silent", "takeback")
SHOWN = 20
"""So many disagreements are kept to look at."""


class Said(NamedTuple):
    """What the product says of one denial."""

    control_number: str
    payer_control_number: str
    day: date | None  # of the remittance
    kind: str
    amount: int  # cents
    type: str


class Score(NamedTuple):
    """Counts over one world; a share is one count over another."""

    denials: int  # in truth
    found: int  # of them, by the product, as the same claim answer
    said: int  # denials that the product names
    to_the_cent: int  # of those found
    kinds: int  # of those found, of the same kind
    told: int  # of those found, whose codes tell the type
    typed: int  # of these, with the right type
    vague: int  # of those found, whose codes leave it open
    vague_typed: int
    others_right: bool  # every count of what is no denial, by kind
    wrong: tuple[str, ...]  # disagreements, the first few

    @property
    def precision(self) -> float:
        """Share of what the product names that is a denial."""
        return self.found / self.said if self.said else 1.0

    @property
    def recall(self) -> float:
        """Share of the denials that the product names."""
        return self.found / self.denials if self.denials else 1.0

    @property
    def perfect(self) -> bool:
        """Whether everything that can be known is right."""
        same = self.denials == self.found == self.said == self.to_the_cent == self.kinds
        return same and self.told == self.typed and self.others_right


def score(folder: Path, today: date, *, joined: bool = False) -> Score:
    """Read the remittances of a world as a user would, and compare with its truth.

    Args:
        folder: of the world.
        today: from which the product counts days; it changes no score.
        joined: read the files of each payer put together, as clearinghouses do: a tenth of the time for many files.
    """
    paths = [str(folder / REMITTANCES)]
    said: Counter[Said] = Counter()
    report = Report()
    for each in journey.read(_joined(folder) if joined else sources(paths), today, _said, size(paths)):
        if isinstance(each, Outcome):
            said[each.shown] += 1
        else:
            report = each
    return _compared(folder / tables.TRUTH, said, report)


def _joined(folder: Path) -> Iterator[Source]:
    by_payer: dict[str, list[Path]] = defaultdict(list)
    for path in sorted((folder / REMITTANCES).iterdir()):
        by_payer[path.name.split("_")[1]].append(path)
    for payer, paths in by_payer.items():
        yield Source(payer, partial(_together, paths))


@contextmanager
def _together(paths: list[Path]) -> Iterator[BinaryIO]:
    yield BytesIO(b"".join(path.read_bytes() for path in paths))


def _said(found: Found) -> Said:
    denial = found.denial
    return Said(
        denial.claim.control_number,
        denial.claim.payer_control_number,
        denial.claim.remittance.notice_date,
        denial.identification.kind.value,
        int(denial.identification.denied_amount * 100),
        denial.classification.type,
    )


def _compared(truth: Path, said: Counter[Said], report: Report) -> Score:
    true = {_place(row): row for row in _true(truth)}
    ours = {(each.control_number, each.payer_control_number, str(each.day)): each for each in said}
    both = [(true[place], ours[place]) for place in true.keys() & ours.keys()]
    told = [(row, each) for row, each in both if not row["vague"]]
    vague = [(row, each) for row, each in both if row["vague"]]
    expected = _others(truth)
    counted = {kind.value: report.kinds[kind] for kind in Kind if not kind.is_denial and kind is not Kind.PAID}
    return Score(
        denials=len(true),
        found=len(both),
        said=said.total(),
        to_the_cent=sum(row["denied_cents"] == each.amount for row, each in both),
        kinds=sum(row["kind"] == each.kind for row, each in both),
        told=len(told),
        typed=sum(row["type"] == each.type for row, each in told),
        vague=len(vague),
        vague_typed=sum(row["type"] == each.type for row, each in vague),
        others_right=counted == expected,
        wrong=tuple(_wrong(true, ours, counted, expected))[:SHOWN],
    )


Row = dict[str, object]
Place = tuple[str, str, str]


def _place(row: Row) -> Place:
    return str(row["control_number"]), str(row["answer"]).partition("/")[0], str(row["day"])


def _true(truth: Path) -> list[Row]:
    answers = tables.table(truth, "answers").filter(pl.col("kind").is_in(DENIALS))
    told = tables.table(truth, "denials").select("answer", "type", "vague", "codes", "cause", "rule")
    return answers.join(told, on="answer", how="left").collect().to_dicts()


def _others(truth: Path) -> dict[str, int]:
    answers = tables.table(truth, "answers").filter(~pl.col("kind").is_in([*DENIALS, "paid"]))
    counts = dict(answers.group_by("kind").len().collect().iter_rows())
    return {kind.value: counts.get(kind.value, 0) for kind in Kind if not kind.is_denial and kind is not Kind.PAID}


def _wrong(
    true: dict[Place, Row], ours: dict[Place, Said], counted: dict[str, int], expected: dict[str, int]
) -> Iterator[str]:
    for kind, count in expected.items():
        if counted[kind] != count:
            yield f"{kind}: {count:,} in truth, {counted[kind]:,} said"
    for place, row in true.items():
        each = ours.get(place)
        if each is None:
            yield f"missed: {place}: {row}"
        elif (row["kind"], row["denied_cents"]) != (each.kind, each.amount) or (
            row["type"] != each.type and not row["vague"]
        ):
            yield f"differs: {each}: {row}"
    for place, each in ours.items():
        if place not in true:
            yield f"no denial: {each}"
