"""Figures of the truth, month by month: what an office with perfect books would report.

Each figure is a function: its name is the figure's id, its docstring says the formula, the date basis and what is left
out. Polars reads the tables once; nothing is counted claim by claim in Python. Where a figure can be built in several
ways, three choices hold throughout: a claim is denied once, the first time; duplicates that we sent ourselves
(`duplicate_sent`) are no denials; and second payers stay out of whatever speaks of initial denials.

Formulas: HFMA Claim Integrity Task Force (hfma.org, March 2021) and HFMA MAP Keys (names are HFMA's trademarks; the
wording is ours); "own" where the trade has none. A run's last months are young: answers and work are yet to come.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from reclaim.world import tables
from reclaim.world.causes import causes
from reclaim.world.combos import UNDERPAID

Unit = Literal["percent", "days", "dollars"]
DUPLICATE = "duplicate_sent"
FIRST = ("first", "rejected")
"""`because` of a first answer; `rejected`: the claim had to be sent again before anybody judged it."""
AGAIN = ("upheld", "correction", "appeal", "records", "rebill")
"""`because` of an answer to work on a denial: a denial that comes so is the old one, upheld."""
DENIED = ("denied", "denied_in_part", "silent", "takeback")
PAID = ("paid", "reduced")
TO_PATIENT = "patient_responsibility_only"
APPEALS = ("appeal_1", "appeal_2", "external_review")
AT_RISK_DAYS = 28
"""Four weeks: no such span ever holds two ends of a month."""
AGES = (30, 60, 90, 120)
OURS = frozenset({"registrar", "schedule", "coder", "biller", "provider"})
"""Whose slips a provider's side could have avoided; a payer's error, a hidden rule or a plan's limit it could not."""
DOLLARS_A_MINUTE = 1.0
"""assumption, as in book/outcomes.toml: its minutes are published dollars of rework ($25 to $118, MGMA; Premier)."""

UNTOLD = {
    "late_charge_pct": "The world has no charge log: a service is never posted late, it is only billed late.",
    "prereg_rate": "The world begins with the visit: nobody is scheduled or registered before it.",
    "insurance_verification_rate": "Eligibility questions (270, 271) are not simulated, only slips at the desk.",
    "prompt_pay_interest_due": "What a state's law would have a payer owe is the product's to work out. The world only"
    " knows the interest that was paid (`answers.interest_cents`).",
}
"""Figures of the trade that the truth cannot tell, and why."""


class Run(NamedTuple):
    """The truth of one run."""

    folder: Path
    months: pl.LazyFrame  # `month`, the first day of each month in which anything was sent, answered or posted

    def table(self, name: str) -> pl.LazyFrame:
        """One of `tables.TABLES`."""
        return tables.table(self.folder, name)


class Figure(NamedTuple):
    """A figure: `rows` gives month, numerator, denominator and, where it comes in parts, part."""

    id: str
    unit: Unit
    source: str
    rows: Callable[[Run], pl.LazyFrame]


FIGURES: dict[str, Figure] = {}
HFMA, MAP, TRADE = "HFMA Claim Integrity Task Force 2021", "HFMA MAP Keys", "common in the trade"


def kpis(folder: Path) -> Iterator[tables.Kpis]:
    """Every figure of every month that the truth can tell.

    Args:
        folder: Of the truth tables.

    Yields:
        By month, then in the order of `FIGURES`. Money is US dollars here. A figure in parts has an id such as
        `aged_ar_pct/90`; a part that has nothing in a month has no row.
    """
    run = opened(folder)
    frames = [counted(rows(figure, run)) for figure in FIGURES.values()]
    yield from map(tables.Kpis._make, pl.concat(frames).sort("month", maintain_order=True).iter_rows())


def counted(frame: pl.LazyFrame) -> pl.DataFrame:
    """Counts one figure. One after the other takes a quarter of the memory that all at once would, and less time."""
    return frame.collect(engine="streaming")


def opened(folder: Path) -> Run:
    """A run, with its months."""
    days = pl.concat([tables.table(folder, name).select("day") for name in ("submissions", "answers", "ledger")])
    first, last = days.select(first=pl.col("day").min(), last=pl.col("day").max()).collect().row(0)
    if first is None:
        return Run(folder, pl.LazyFrame(schema={"month": pl.Date()}))
    months = pl.date_range(first.replace(day=1), last, "1mo", eager=True)
    return Run(folder, months.to_frame("month").lazy())


def rows(figure: Figure, run: Run) -> pl.LazyFrame:
    """A figure as rows of `tables.Kpis`, its parts sorted."""
    frame = figure.rows(run)
    name = pl.lit(figure.id)
    if "part" in frame.collect_schema():
        frame = frame.sort("month", "part")
        name = pl.concat_str(name, pl.lit("/"), "part")
    else:
        frame = run.months.join(frame, on="month", how="left").sort("month")
    above, below = (pl.col(one).cast(pl.Float64).fill_null(0.0) for one in ("numerator", "denominator"))
    factor = 100.0 if figure.unit == "percent" else 1.0
    value = pl.when(below != 0).then(factor * above / below)
    return frame.select("month", id=name, value=value, numerator=above, denominator=below, unit=pl.lit(figure.unit))


def _kpi(unit: Unit, source: str) -> Callable[[Callable[[Run], pl.LazyFrame]], Callable[[Run], pl.LazyFrame]]:
    def note(rows_of: Callable[[Run], pl.LazyFrame]) -> Callable[[Run], pl.LazyFrame]:
        FIGURES[rows_of.__name__] = Figure(rows_of.__name__, unit, source, rows_of)
        return rows_of

    return note


# --- what several figures start from ----------------------------------------------------------------------------------


def denials(run: Run) -> pl.LazyFrame:
    """Every denial once: without duplicates of ours, and without those that only uphold one.

    Columns are those of `tables.Denials`, and `order`, `paid_cents` of its answer and `worth_cents`: what it holds back
    at contract (the most that any action would bring).
    """
    answers = run.table("answers").select("answer", "order", "because", "paid_cents")
    worth = run.table("options").group_by("answer").agg(worth_cents=pl.col("recovers_cents").max())
    return (
        run.table("denials")
        .filter(pl.col("cause") != DUPLICATE)
        .join(answers, on="answer")
        .filter(pl.col("because").is_in(AGAIN).not_())
        .drop("because")
        .join(worth, on="answer", how="left")
        .with_columns(pl.col("worth_cents").fill_null(0))
    )


def initial_denials(run: Run) -> pl.LazyFrame:
    """The first denial of each claim by its first payer: one row per claim, of one in two pieces the first."""
    found = denials(run).filter(pl.col("first") & (pl.col("order") == 1))
    return found.sort("day", "answer").unique("claim", keep="first", maintain_order=True)


def first_answers(run: Run) -> pl.LazyFrame:
    """The first answers of first payers, without duplicates of ours: `claim`, `day`, `kind`, `paid_cents` and so on."""
    return run.table("answers").filter((pl.col("order") == 1) & pl.col("because").is_in(FIRST))


def first_sent(run: Run) -> pl.LazyFrame:
    """Submissions, each claim once: as it was sent first to its first payer."""
    return run.table("submissions").filter((pl.col("why") == "first") & (pl.col("order") == 1))


def closed(run: Run) -> pl.LazyFrame:
    """The work that closed a denial: `answer`, `closed` (day), `action`, `outcome`, `recovered_cents`, `reason`.

    A denial is closed when it was paid, moved to the patient, or written off; a failed work alone leaves it open.
    """
    ended = run.table("works").filter(pl.col("outcome").is_in(("recovered", "settled")))
    return ended.select("answer", "action", "outcome", "recovered_cents", "reason", closed="answer_day")


def resolved(run: Run) -> pl.LazyFrame:
    """Initial denials that are closed, with `overturned`: later paid by the same payer."""
    paid = run.table("answers").filter((pl.col("paid_cents") > 0) & (pl.col("order") == 1))
    paid = paid.select("claim", "payer", closed="day", pays=pl.lit(value=True)).unique()
    found = initial_denials(run).join(closed(run), on="answer")
    won = (pl.col("outcome") == "recovered") & (pl.col("recovered_cents") > 0) & pl.col("pays").fill_null(value=False)
    return found.join(paid, on=["claim", "payer", "closed"], how="left").with_columns(overturned=won)


def _month(day: str) -> pl.Expr:
    return pl.col(day).dt.truncate("1mo")


def _by(frame: pl.LazyFrame, day: str, numerator: pl.Expr, denominator: pl.Expr) -> pl.LazyFrame:
    """A ratio by the month of a day."""
    return frame.group_by(month=_month(day)).agg(numerator=numerator, denominator=denominator)


def _over(numerator: pl.LazyFrame, denominator: pl.LazyFrame) -> pl.LazyFrame:
    """A ratio of two sums that come by month."""
    return denominator.join(numerator, on="month", how="full", coalesce=True)


# --- how much is denied -----------------------------------------------------------------------------------------------


@_kpi("percent", HFMA)
def initial_denial_rate_volume(run: Run) -> pl.LazyFrame:
    """Claims first denied in the month, of the average monthly claims first submitted in the three months before.

    Month of the denial (BPR16). Of a run's second and third month, the months there are. Left out: duplicates, second
    payers, takebacks.
    """
    denied = initial_denials(run).group_by(month=_month("day")).agg(numerator=pl.len())
    return _over(denied, _sent_before(run, pl.len()))


@_kpi("percent", HFMA)
def initial_denial_rate_dollars(run: Run) -> pl.LazyFrame:
    """Charges of claims first denied in the month, of the average monthly charges submitted in the three months before.

    The whole charge of the claim, even when only some lines were denied. Months and exclusions as by volume.
    """
    charges = run.table("claims").select("claim", "charge_cents")
    denied = initial_denials(run).join(charges, on="claim")
    dollars = pl.col("charge_cents").sum() / 100
    return _over(denied.group_by(month=_month("day")).agg(numerator=dollars), _sent_before(run, dollars))


def _sent_before(run: Run, measure: pl.Expr) -> pl.LazyFrame:
    sent = first_sent(run).group_by(month=_month("day")).agg(sent=measure.cast(pl.Float64))
    every = run.months.join(sent, on="month", how="left").sort("month").with_columns(pl.col("sent").fill_null(0.0))
    return every.select("month", denominator=pl.mean_horizontal(*(pl.col("sent").shift(back) for back in (1, 2, 3))))


@_kpi("percent", HFMA)
def primary_denial_rate(run: Run) -> pl.LazyFrame:
    """Answers of first payers with no payment, of all their answers (CLP02 1, 4 or 19), in a calendar month.

    HFMA takes the last four weeks. Zero pay stands for denial: what went to the deductible or is capitated counts with
    it. Month of the payment. Left out: duplicates, reversals.
    """
    answers = run.table("answers").filter(
        (pl.col("order") == 1) & pl.col("status").is_in(("1", "4", "19")) & (pl.col("because") != "duplicate")
    )
    return _by(answers, "day", (pl.col("paid_cents") == 0).sum(), pl.len())


@_kpi("percent", MAP)
def remittance_denial_rate(run: Run) -> pl.LazyFrame:
    """Answers that deny the claim or some of its lines, of all answers that settle something, by the month of payment.

    Claims, not lines; every payer and every round, so an upheld denial counts again. Left out: duplicates, reversals
    (unless nothing replaces them), forwarded and pending claims, predeterminations.
    """
    settles = (*DENIED, *PAID, TO_PATIENT, "contractual_only")
    answers = run.table("answers").filter(pl.col("kind").is_in(settles) & (pl.col("because") != "duplicate"))
    return _by(answers, "day", pl.col("kind").is_in(DENIED).sum(), pl.len())


@_kpi("percent", TRADE)
def first_pass_resolution(run: Run) -> pl.LazyFrame:
    """Claims paid, or the patient's to pay, at their first answer, of claims answered first, by the month of answer.

    A claim in two pieces must be so in both. Left out: capitated claims, which are paid before; forwarded claims.
    """
    good = (*PAID, TO_PATIENT)
    answered = first_answers(run).filter(pl.col("kind").is_in((*good, *DENIED)))
    claims = answered.group_by("claim").agg(pl.col("day").min(), good=pl.col("kind").is_in(good).all())
    return _by(claims, "day", pl.col("good").sum(), pl.len())


@_kpi("percent", MAP)
def clean_claim_rate(run: Run) -> pl.LazyFrame:
    """First submissions that the payer's front door took and on which nothing was wrong, of all first submissions.

    The world has no scrubber: this is what a perfect one would have let pass. Wrong means a fault with a place on the
    claim (`faults.element`); what no edit can see, such as a need that is doubted, does not count. Month of submission.
    """
    wrong = run.table("faults").filter(pl.col("element") != "").select("claim", wrong=pl.lit(value=True)).unique()
    sent = first_sent(run).join(wrong, on="claim", how="left")
    return _by(sent, "day", (pl.col("accepted") & pl.col("wrong").is_null()).sum(), pl.len())


# --- why --------------------------------------------------------------------------------------------------------------


@_kpi("percent", "own")
def denial_rate_by_cause(run: Run) -> pl.LazyFrame:
    """Denials of each true cause, of all denials, by the month of the denial. One part for each cause.

    Every payer; takebacks with their reason. Left out: duplicates, and denials that uphold an earlier one.
    """
    return _mix(denials(run), pl.col("cause"))


@_kpi("percent", "own")
def denial_rate_by_carc(run: Run) -> pl.LazyFrame:
    """The same denials by the code that the payer wrote: group and CARC, such as `CO-16`. One part for each."""
    return _mix(denials(run), pl.col("codes").str.split(" ").list.first().fill_null(""))


def _mix(found: pl.LazyFrame, part: pl.Expr) -> pl.LazyFrame:
    counted = found.group_by(month=_month("day"), part=part).agg(numerator=pl.len())
    return counted.with_columns(denominator=pl.col("numerator").sum().over("month"))


@_kpi("percent", "own")
def avoidable_denial_share(run: Run) -> pl.LazyFrame:
    """Denials whose true cause was a slip on the provider's side, of all denials, by the month of the denial.

    A slip of registrar, scheduling desk, coder, biller or provider (`who` of the cause). Payers' errors, plans' limits,
    hidden rules and takebacks are none. Denials as in denial_rate_by_cause.
    """
    return _by(denials(run), "day", pl.col("cause").is_in(avoidable()).sum(), pl.len())


def avoidable() -> list[str]:
    """The causes that the provider's side could have avoided."""
    return [cause.name for cause in causes().values() if cause.who in OURS]


@_kpi("percent", MAP)
def auth_rate(run: Run) -> pl.LazyFrame:
    """Claims that needed an authorization and had one, of claims that needed one, by the month of service.

    The fault `auth_missing` means none was obtained, or none stands on the claim; a wrong number counts as obtained.
    Only care that was billed.
    """
    missing = run.table("faults").filter(pl.col("kind") == "auth_missing").select("claim", missing=True).unique()
    needing = run.table("claims").filter("needs_authorization").join(missing, on="claim", how="left")
    return _by(needing, "service_from", pl.col("missing").is_null().sum(), pl.len())


# --- what becomes of denials ------------------------------------------------------------------------------------------


@_kpi("days", HFMA)
def denial_to_appeal_days(run: Run) -> pl.LazyFrame:
    """Days from the first denial to the first appeal, averaged over claims first appealed in the month.

    Appeals of the first and second level and external reviews; a call between physicians is none.
    """
    return _by(_appealed(run), "appealed", _days("day", "appealed"), pl.len())


def _appealed(run: Run) -> pl.LazyFrame:
    appeals = run.table("works").filter(pl.col("action").is_in(APPEALS))
    return initial_denials(run).join(appeals.group_by("answer").agg(appealed=pl.col("day").min()), on="answer")


def _days(since: str, until: str) -> pl.Expr:
    return (pl.col(until) - pl.col(since)).dt.total_days().sum()


@_kpi("days", HFMA)
def denial_to_resolution_days(run: Run) -> pl.LazyFrame:
    """Days from the first denial to its end, averaged over claims that came to an end in the month.

    End: paid by anybody, moved to the patient, or written off. What is still open does not count, so the first months
    of a run look too quick.
    """
    return _by(resolved(run), "closed", _days("day", "closed"), pl.len())


@_kpi("percent", HFMA)
def overturn_rate_volume(run: Run) -> pl.LazyFrame:
    """First-denied claims that the same payer later paid, of first-denied claims that came to an end in the month.

    By appeal, records or corrected claim; what another payer or the patient paid is not overturned.
    """
    return _by(resolved(run), "closed", pl.col("overturned").sum(), pl.len())


@_kpi("percent", HFMA)
def overturn_rate_dollars(run: Run) -> pl.LazyFrame:
    """Dollars the same payer later paid, of what first-denied claims held at contract, by the month of their end."""
    won = pl.col("recovered_cents").filter("overturned").sum() / 100
    return _by(resolved(run), "closed", won, pl.col("worth_cents").sum() / 100)


@_kpi("percent", TRADE)
def appeal_rate(run: Run) -> pl.LazyFrame:
    """Claims that were appealed by the end of the run, of claims first denied in the month."""
    appealed = _appealed(run).select("answer", "appealed")
    found = initial_denials(run).join(appealed, on="answer", how="left")
    return _by(found, "day", pl.col("appealed").is_not_null().sum(), pl.len())


@_kpi("percent", TRADE)
def appeal_success_rate(run: Run) -> pl.LazyFrame:
    """Appeals that brought money, of appeals decided in the month: every level and every denial, duplicates too."""
    decided = pl.col("action").is_in(APPEALS) & pl.col("outcome").is_in(("recovered", "failed"))
    return _by(run.table("works").filter(decided), "answer_day", (pl.col("outcome") == "recovered").sum(), pl.len())


@_kpi("dollars", "Premier survey 2022 and 2023, through hfma.org and Becker's")
def cost_per_denial(run: Run) -> pl.LazyFrame:
    """Minutes of work of the month at a dollar a minute, by denials worked in the month.

    Month of the work. Minutes of write-offs count; a denial that nobody touched does not.
    """
    worked = run.table("works").filter(pl.col("who") != "")
    return _by(worked, "day", pl.col("minutes").sum() * DOLLARS_A_MINUTE, pl.col("answer").n_unique())


# --- what it costs ----------------------------------------------------------------------------------------------------


@_kpi("percent", MAP)
def denial_writeoff_npsr(run: Run) -> pl.LazyFrame:
    """Denied dollars written off in the month, at contract, of net patient service revenue.

    Revenue: what contracts allow on claims first submitted in the month. Month of the write-off. All payers; left out:
    duplicates, whose dollars stand on the original.
    """
    return _of_revenue(run, written_off(run))


@_kpi("percent", "own")
def timely_filing_writeoff(run: Run) -> pl.LazyFrame:
    """The part of them that was lost to time: claims filed late, and denials whose last day had passed."""
    late = (pl.col("cause") == "filed_late") | (pl.col("reason") == "deadline_passed")
    return _of_revenue(run, written_off(run).filter(late))


def written_off(run: Run) -> pl.LazyFrame:
    """Denials that were written off, with the day (`closed`) and what they held at contract (`worth_cents`)."""
    return denials(run).join(closed(run).filter(pl.col("action") == "write_off"), on="answer")


def _of_revenue(run: Run, lost: pl.LazyFrame) -> pl.LazyFrame:
    revenue = (
        run.table("claims").group_by(month=_month("submitted")).agg(denominator=pl.col("allowed_cents").sum() / 100)
    )
    return _over(lost.group_by(month=_month("closed")).agg(numerator=pl.col("worth_cents").sum() / 100), revenue)


@_kpi("percent", MAP)
def aged_ar_pct(run: Run) -> pl.LazyFrame:
    """Dollars still owed at the end of the month on care older than 30, 60, 90 and 120 days, of all that is owed.

    Age from the last day of service. Gross charges less all postings, so an unanswered claim stands with its whole
    charge; credits lower it. All payers together; what is the patient's is not in it. One part for each age.
    """
    service = run.table("claims").select("claim", "service_to")
    posted = run.table("ledger").filter(pl.col("entry") != "interest").join(service, on="claim")
    sums = posted.group_by("service_to", posted=_month("day")).agg(pl.col("cents").sum())
    still = run.months.join(sums, how="cross").filter(pl.col("posted") <= pl.col("month"))
    age = (pl.col("month").dt.month_end() - pl.col("service_to")).dt.total_days()
    owed = still.group_by("month").agg(
        pl.col("cents").sum().alias("owed"), *(pl.col("cents").filter(age > one).sum().alias(f"{one}") for one in AGES)
    )
    parts = owed.unpivot([f"{one}" for one in AGES], index=["month", "owed"], variable_name="part")
    return parts.select("month", "part", numerator=pl.col("value") / 100, denominator=pl.col("owed") / 100)


@_kpi("dollars", "own")
def denial_backlog_at_risk(run: Run) -> pl.LazyFrame:
    """What open denials hold at contract, when a last day to win it falls within four weeks after the month's end.

    A sum. Open: denied by then, and closed later or never. The last days of everything that goes to a payer count
    (correct, records, appeal, call, rebill).
    """
    ways = ("correct", "send_records", "appeal_1", "appeal_2", "external_review", "peer_to_peer", "rebill")
    options = run.table("options").filter(pl.col("action").is_in(ways) & (pl.col("recovers_cents") > 0))
    end = (pl.col("deadline") - pl.duration(days=AT_RISK_DAYS)).dt.month_end()
    near = options.with_columns(end=end).filter(pl.col("end") < pl.col("deadline"))
    found = denials(run).select("answer", "day").join(closed(run).select("answer", "closed"), on="answer", how="left")
    still = (pl.col("day") <= pl.col("end")) & (pl.col("closed").is_null() | (pl.col("closed") > pl.col("end")))
    held = near.join(found, on="answer").filter(still).group_by("answer", month=_month("end"))
    sums = held.agg(pl.col("recovers_cents").max()).group_by("month").agg(cents=pl.col("recovers_cents").sum())
    every = run.months.join(sums, on="month", how="left")
    return every.select("month", numerator=pl.col("cents").fill_null(0) / 100, denominator=pl.lit(1.0))


# --- how payers pay ---------------------------------------------------------------------------------------------------


@_kpi("days", "own")
def days_to_pay(run: Run) -> pl.LazyFrame:
    """Days from the payer's receipt of a claim to its payment, averaged over first answers that paid in the month."""
    return _by(first_answers(run).filter(pl.col("paid_cents") > 0), "day", _days("received", "day"), pl.len())


@_kpi("percent", "own")
def underpayment_rate(run: Run) -> pl.LazyFrame:
    """Claims paid below contract, of claims that were paid at their first answer, by the month of payment.

    Below contract: the payer took a wrong fee (`payer_wrong_fee`), or cut a line for a reason that may be contested
    (kind `reduced`). Cuts that the contract or the law foresees are none.
    """
    fee = run.table("faults").filter(pl.col("kind") == UNDERPAID).select("claim", fee=pl.lit(value=True)).unique()
    paid = first_answers(run).filter(pl.col("paid_cents") > 0).join(fee, on="claim", how="left")
    less = (pl.col("kind") == "reduced") | pl.col("fee").fill_null(value=False)
    claims = paid.group_by("claim").agg(pl.col("day").min(), less=less.any())
    return _by(claims, "day", pl.col("less").sum(), pl.len())
