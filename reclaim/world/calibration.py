"""How a world stands beside published figures, and how far what its office saw lies from the truth.

The second is the selection bias that anybody meets who learns from an office's own outcomes: the denials that were
worked are not like those that were not, and they were worked late. Published figures: book/published.toml.
"""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from reclaim.rules.shelf import entries
from reclaim.world import kpis
from reclaim.world.kpis import Run

BOOK = Path(__file__).parent / "book" / "published.toml"
KFF = "KFF, claims denials and appeals in ACA marketplace plans, data of 2023 and 2024"
PAYER_ACTIONS = ("correct", "send_records", "appeal_1", "appeal_2", "external_review", "peer_to_peer", "rebill")
"""Actions that can turn a denial around; a bill to the patient or a write-off does not."""
ALL = "all"
ANY = "any of them"
ENOUGH = 30
"""Decided actions from which the terminal shows a line of business by itself."""
WIDTH = 110
"""Characters in a line of a report for the terminal."""

Stands = Literal["inside", "above", "below", "not comparable"]
MeasureName = Literal[
    "initially_denied",
    "initially_denied_dollars",
    "denied_dollars",
    "unrightful",
    "winnable",
    "appeals_won",
    "appealed",
    "days_to_pay",
    "kpi",
]


class Published(NamedTuple):
    """One published figure: see the head of book/published.toml for what each field means."""

    name: str
    counts: str
    unit: kpis.Unit
    low: Decimal
    high: Decimal
    year: str
    source: str
    measure: MeasureName
    give: Decimal = Decimal(0)
    kpi: str = ""
    lines_of_business: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    not_comparable: str = ""
    note: str = ""


class Row(NamedTuple):
    """One figure of ours beside a published one."""

    figure: str
    counts: str
    unit: kpis.Unit
    ours: float | None  # percent, days or US dollars; None: there was nothing to count
    of: float  # the denominator: how much there was to count
    low: float
    high: float
    year: str
    source: str
    stands: Stands
    note: str  # why not comparable, or what to bear in mind


class Share(NamedTuple):
    """A part of all denials."""

    by: str  # type | cause | codes
    name: str
    denials: int
    percent: float
    denied_dollars: float


class Gap(NamedTuple):
    """How often an action turns a denial around, in truth and as the office saw it. All rates are percent."""

    action: str  # or `ANY`
    line_of_business: str  # or `ALL`
    denials: int
    would: float  # of all denials, had each been worked so on its first day
    decided: int
    would_decided: float | None  # of those that the office worked so and has an answer for, on their first day
    seen: float | None  # of the same, as it came

    @property
    def chosen(self) -> float | None:
        """Points that come from the office's choice of what to work."""
        return None if self.would_decided is None else self.would_decided - self.would

    @property
    def late(self) -> float | None:
        """Points lost by working it later than on the first day; with `ANY`, also by actions that could not help."""
        return None if self.seen is None or self.would_decided is None else self.seen - self.would_decided

    @property
    def bias(self) -> float | None:
        """By how many points what the office saw misses the truth of all denials."""
        return None if self.seen is None else self.seen - self.would


class Report(NamedTuple):
    """How a world stands."""

    published: tuple[Row, ...]
    mix: tuple[Share, ...]
    gaps: tuple[Gap, ...]


class Counts(NamedTuple):
    """What was counted of a run, small enough to be cut in any way."""

    answered: pl.DataFrame  # line_of_business: claims, denied, charge_cents, denied_charge_cents
    initial: pl.DataFrame  # line_of_business, cause, rightful: denials, denied_cents, appealed
    denials: pl.DataFrame  # type, cause, vague: denials, denied_cents
    options: pl.DataFrame  # line_of_business, action (or `ANY`): denials, would
    works: pl.DataFrame  # line_of_business, action (or `ANY`): decided, recovered, would_decided
    paid: pl.DataFrame  # line_of_business: claims, days
    totals: dict[str, tuple[float, float]]  # numerator and denominator of a figure of kpis.py over the run


def report(folder: Path) -> Report:
    """Counts a world and lays it beside the published figures.

    Args:
        folder: Of the truth tables.
    """
    figures = published()
    counts = counted(folder, {one.kpi for one in figures} - {""})
    return Report(tuple(_row(one, counts) for one in figures), tuple(_mix(counts.denials)), tuple(_gaps(counts)))


def published() -> tuple[Published, ...]:
    """All published figures, KFF's reasons among them.

    Raises:
        BookError: An entry does not keep to the schema.
    """
    reasons = tuple(
        Published(
            name=f"reason: {one.name}",
            counts=f"in-network denials of ACA marketplace plans for this reason: {one.name}",
            unit="percent",
            low=one.low,
            high=one.high,
            give=Decimal("0.5"),
            year="2023-2024",
            source=KFF,
            measure="initially_denied",
            causes=one.causes,
            note="Which cause belongs to which reason is our reading.",
        )
        for one in entries(BOOK, "reason", _Reason)
    )
    return (*entries(BOOK, "published", Published), *reasons)


class _Reason(NamedTuple):
    name: str
    low: Decimal
    high: Decimal
    causes: tuple[str, ...]


# --- counting ---------------------------------------------------------------------------------------------------------


def counted(folder: Path, figures: Iterable[str]) -> Counts:
    """Counts a run once.

    Args:
        folder: Of the truth tables.
        figures: Ids of `kpis.FIGURES` wanted over the whole run.
    """
    run = kpis.opened(folder)
    names = sorted(figures)
    cubes = (_answered(run), _initial(run), _denials(run), _options(run), _works(run), _paid(run))
    totals = (kpis.rows(kpis.FIGURES[name], run).select(pl.sum("numerator", "denominator")) for name in names)
    answered, initial, denials, options, works, paid, *sums = map(kpis.counted, (*cubes, *totals))
    ratios = {name: frame.row(0) for name, frame in zip(names, sums, strict=True)}
    return Counts(answered, initial, denials, options, works, paid, ratios)


def _answered(run: Run) -> pl.LazyFrame:
    settled = (*kpis.DENIED, *kpis.PAID, kpis.TO_PATIENT, "contractual_only")
    first = kpis.first_answers(run).filter(pl.col("kind").is_in(settled))
    claims = first.group_by("claim").agg(denied=pl.col("kind").is_in(kpis.DENIED).any())
    known = claims.join(run.table("claims").select("claim", "line_of_business", "charge_cents"), on="claim")
    return known.group_by("line_of_business").agg(
        pl.col("denied").sum(),
        pl.col("charge_cents").sum(),
        claims=pl.len(),
        denied_charge_cents=pl.col("charge_cents").filter("denied").sum(),
    )


def _initial(run: Run) -> pl.LazyFrame:
    appeals = run.table("works").filter(pl.col("action").is_in(kpis.APPEALS))
    appealed = appeals.select("answer", appealed=pl.lit(value=True)).unique()
    found = kpis.initial_denials(run).join(appealed, on="answer", how="left")
    return found.group_by("line_of_business", "cause", "rightful").agg(
        pl.col("appealed").is_not_null().sum(), pl.col("denied_cents").sum(), denials=pl.len()
    )


def _denials(run: Run) -> pl.LazyFrame:
    cents = pl.col("denied_cents").sum()
    return kpis.denials(run).group_by("type", "cause", "vague").agg(cents, denials=pl.len())


def _options(run: Run) -> pl.LazyFrame:
    each = _known(run)
    every = each.group_by("answer", "line_of_business").agg(pl.col("would").any(), action=pl.lit(ANY))
    both = pl.concat(
        [each.select("line_of_business", "action", "would"), every.select("line_of_business", "action", "would")]
    )
    return both.group_by("line_of_business", "action").agg(pl.col("would").sum(), denials=pl.len())


def _works(run: Run) -> pl.LazyFrame:
    columns = ("line_of_business", "action", "won", "would")
    decided = pl.col("outcome").is_in(("recovered", "failed"))
    works = run.table("works").filter(decided).select("answer", "action", won=pl.col("outcome") == "recovered")
    each = _known(run).join(works, on=["answer", "action"])
    won = works.filter(pl.col("action").is_in(PAYER_ACTIONS)).group_by("answer").agg(pl.col("won").any())
    could = _known(run).group_by("answer", "line_of_business").agg(pl.col("would").any(), action=pl.lit(ANY))
    both = pl.concat([each.select(columns), could.join(won, on="answer").select(columns)])
    grouped = both.group_by("line_of_business", "action")
    return grouped.agg(decided=pl.len(), recovered=pl.col("won").sum(), would_decided=pl.col("would").sum())


def _known(run: Run) -> pl.LazyFrame:
    """Whether each action that goes to a payer would have worked, for every denial with its line of business."""
    lines = kpis.denials(run).select("answer", "line_of_business")
    options = run.table("options").filter(pl.col("action").is_in(PAYER_ACTIONS))
    return options.select("answer", "action", "would").join(lines, on="answer")


def _paid(run: Run) -> pl.LazyFrame:
    lines = run.table("claims").select("claim", "line_of_business")
    paid = kpis.first_answers(run).filter(pl.col("paid_cents") > 0).join(lines, on="claim")
    days = (pl.col("day") - pl.col("received")).dt.total_days().sum()
    return paid.group_by("line_of_business").agg(days=days, claims=pl.len())


# --- ours beside theirs -----------------------------------------------------------------------------------------------

Ratio = tuple[float, float]


def _initially_denied(counts: Counts, figure: Published) -> Ratio:
    """Claims denied at first, of claims answered; with causes given, their share of the claims denied at first."""
    if figure.causes:
        return _cut(counts.initial, figure, "denials"), _sum(counts.initial, "denials")
    return _cut(counts.answered, figure, "denied"), _cut(counts.answered, figure, "claims")


def _initially_denied_dollars(counts: Counts, figure: Published) -> Ratio:
    """Charges of claims denied at first, of charges of claims answered."""
    denied, every = (_cut(counts.answered, figure, one) for one in ("denied_charge_cents", "charge_cents"))
    return denied / 100, every / 100


def _denied_dollars(counts: Counts, figure: Published) -> Ratio:
    """Dollars that the denying codes took at first, of charges of claims answered."""
    return _cut(counts.initial, figure, "denied_cents") / 100, _cut(counts.answered, figure, "charge_cents") / 100


def _unrightful(counts: Counts, figure: Published) -> Ratio:
    """Claims denied at first against contract or law, of claims denied at first."""
    return _cut(counts.initial.filter(~pl.col("rightful")), figure, "denials"), _cut(counts.initial, figure, "denials")


def _appealed(counts: Counts, figure: Published) -> Ratio:
    """Claims appealed, of claims denied at first."""
    return _cut(counts.initial, figure, "appealed"), _cut(counts.initial, figure, "denials")


def _winnable(counts: Counts, figure: Published) -> Ratio:
    """Denials that some action, done at once, would have turned around, of all denials."""
    options = counts.options.filter(pl.col("action") == ANY)
    return _cut(options, figure, "would"), _cut(options, figure, "denials")


def _appeals_won(counts: Counts, figure: Published) -> Ratio:
    """Appeals that brought money, of appeals decided."""
    return _cut(counts.works, figure, "recovered"), _cut(counts.works, figure, "decided")


def _days_to_pay(counts: Counts, figure: Published) -> Ratio:
    """Days from receipt to payment, by first answers that paid."""
    return _cut(counts.paid, figure, "days"), _cut(counts.paid, figure, "claims")


def _kpi(counts: Counts, figure: Published) -> Ratio:
    return counts.totals[figure.kpi]


MEASURES: dict[MeasureName, Callable[[Counts, Published], Ratio]] = {
    "initially_denied": _initially_denied,
    "initially_denied_dollars": _initially_denied_dollars,
    "denied_dollars": _denied_dollars,
    "unrightful": _unrightful,
    "winnable": _winnable,
    "appeals_won": _appeals_won,
    "appealed": _appealed,
    "days_to_pay": _days_to_pay,
    "kpi": _kpi,
}


def _cut(frame: pl.DataFrame, figure: Published, column: str) -> float:
    """Sum of a column over what the figure counts."""
    wanted = (("line_of_business", figure.lines_of_business), ("cause", figure.causes), ("action", figure.actions))
    for name, values in wanted:
        if values and name in frame.columns:
            frame = frame.filter(pl.col(name).is_in(values))
    return _sum(frame, column)


def _sum(frame: pl.DataFrame, column: str) -> float:
    return float(frame[column].sum())


def _row(figure: Published, counts: Counts) -> Row:
    above, below = MEASURES[figure.measure](counts, figure)
    ours = (100 if figure.unit == "percent" else 1) * above / below if below else None
    note = figure.not_comparable or figure.note
    return Row(
        *(figure.name, figure.counts, figure.unit, ours, below, float(figure.low), float(figure.high)),
        *(figure.year, figure.source, stands(figure, ours), note if below else "There is nothing to count yet."),
    )


def stands(figure: Published, ours: float | None) -> Stands:
    """Where a figure of ours stands beside a published one, which is given its rounding."""
    if figure.not_comparable or ours is None:
        return "not comparable"
    if ours < figure.low - figure.give:
        return "below"
    return "above" if ours > figure.high + figure.give else "inside"


def _mix(denials: pl.DataFrame) -> Iterable[Share]:
    every = _sum(denials, "denials")
    vague = pl.when("vague").then(pl.lit("vague")).otherwise(pl.lit("precise"))
    for by, name in (("type", pl.col("type")), ("codes", vague), ("cause", pl.col("cause"))):
        parts = (
            denials.group_by(name=name).agg(pl.sum("denials", "denied_cents")).sort("denials", "name", descending=True)
        )
        for part, count, cents in parts.select("name", "denials", "denied_cents").iter_rows():
            yield Share(by, part, count, 100 * count / every, cents / 100)


def _gaps(counts: Counts) -> Iterable[Gap]:
    both = counts.options.join(counts.works, on=["line_of_business", "action"], how="left").fill_null(0)
    for action in (*PAYER_ACTIONS, ANY):
        of_action = both.filter(pl.col("action") == action).sort("line_of_business")
        if of_action.is_empty():
            continue
        yield _gap(action, ALL, of_action)
        for (line,), frame in of_action.group_by("line_of_business", maintain_order=True):
            yield _gap(action, str(line), frame)


def _gap(action: str, line: str, frame: pl.DataFrame) -> Gap:
    denials, would, decided, recovered, would_decided = (
        int(frame[one].sum()) for one in ("denials", "would", "decided", "recovered", "would_decided")
    )
    then = 100 * would_decided / decided if decided else None
    return Gap(
        *(action, line, denials, 100 * would / denials, decided),
        *(then, 100 * recovered / decided if decided else None),
    )


# --- to read ----------------------------------------------------------------------------------------------------------

_GAPS = "How often an action turns a denial around, in percent: in truth, and as the office saw it"
_SHARES = "What is denied, each denial once"
_ROWS = "Beside published figures"


def as_text(found: Report) -> str:
    """A report for a terminal: plain columns, sources as numbered notes, no line longer than `WIDTH`.

    Lines of business of which little was decided are left out.
    """
    gaps = [one for one in found.gaps if one.line_of_business == ALL or one.decided >= ENOUGH]
    rows, notes = _noted(found.published)
    tables = ((_ROWS, rows), (_SHARES, _share_cells(found.mix)), (_GAPS, _gap_cells(gaps)))
    first, *others = (f"{title}\n\n{_columns(cells)}" for title, cells in tables)
    return "\n\n".join((first, notes, *others))


def as_markdown(found: Report) -> str:
    """A report for a page, with all lines of business, what each figure counts, and what to bear in mind."""
    head, *rows = _row_cells(found.published)
    words = [("counts", "note"), *((one.counts, one.note) for one in found.published)]
    rows = [(*cells, *more) for cells, more in zip((head, *rows), words, strict=True)]
    tables = ((_ROWS, rows), (_SHARES, _share_cells(found.mix)), (_GAPS, _gap_cells(found.gaps)))
    return "\n\n".join(f"## {title}\n\n{_markdown(cells)}" for title, cells in tables) + "\n"


Cells = list[tuple[str, ...]]


def _noted(rows: Sequence[Row]) -> tuple[Cells, str]:
    """The cells of rows with a number instead of year and source, and what the numbers stand for."""
    head, *cells = _row_cells(rows)
    numbers: dict[tuple[str, ...], int] = {}
    short = [(*one[:-2], str(numbers.setdefault(one[-2:], len(numbers) + 1))) for one in cells]
    notes = [
        textwrap.fill(f"{number:2}  {source} ({year})", WIDTH, subsequent_indent="    ")
        for (year, source), number in numbers.items()
    ]
    return [(*head[:-2], "note"), *short], "\n".join(notes)


def _row_cells(rows: Sequence[Row]) -> Cells:
    cells: Cells = [("figure", "ours", "of", "published", "stands", "year", "source")]
    for one in rows:
        theirs = f"{one.low:g}" if one.low == one.high else f"{one.low:g} to {one.high:g}"
        ours = _number(one.ours, one.unit)
        cells.append((one.figure, ours, f"{one.of:,.0f}", theirs, one.stands, one.year, one.source))
    return cells


def _share_cells(shares: Sequence[Share]) -> Cells:
    cells: Cells = [("by", "", "denials", "share", "denied dollars")]
    for one in shares:
        cells.append(
            (one.by, one.name, f"{one.denials:,}", _number(one.percent, "percent"), f"${one.denied_dollars:,.0f}")
        )
    return cells


def _gap_cells(gaps: Sequence[Gap]) -> Cells:
    head = (
        "action",
        "line of business",
        "denials",
        "true, all",
        "decided",
        "true, tried",
        "seen",
        "bias",
        "chosen",
    )
    cells: Cells = [(*head, "late")]
    for one in gaps:
        points = ("" if each is None else f"{each:+.1f}" for each in (one.bias, one.chosen, one.late))
        rates = (one.would_decided, one.seen)
        cells.append(
            (
                *(one.action, one.line_of_business, f"{one.denials:,}", f"{one.would:.1f}", f"{one.decided:,}"),
                *("" if each is None else f"{each:.1f}" for each in rates),
                *points,
            )
        )
    return cells


def _number(value: float | None, unit: kpis.Unit) -> str:
    if value is None:
        return "none"
    plain = f"{value:,.2f}" if unit == "dollars" else f"{value:,.1f}".removesuffix(".0")
    return f"${plain}" if unit == "dollars" else f"{plain} %" if unit == "percent" else f"{plain} days"


def _columns(cells: Cells) -> str:
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells)
    return "\n".join(lines)


def _markdown(cells: Cells) -> str:
    head, *rows = (f"| {' | '.join(row)} |" for row in cells)
    return "\n".join([head, f"|{'---|' * len(cells[0])}", *rows])
