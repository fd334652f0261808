"""`python -m bench.causes FOLDER ...`: how often the element at fault, and the cause, are right in made-up worlds.

Each denial is read with the claim that was sent and with what a record would hold on that day, never more: files of
claims and remittances from before. The truth of the world says which answer belongs to which claim (matching is
measured elsewhere) and, afterwards, what was wrong. A world shows that the reasoning holds on what we thought of.
"""

import argparse
import io
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal, NamedTuple

import polars as pl

from reclaim.rules.causes import Around, Corrected, Earlier, Explained, Sibling, explain
from reclaim.rules.facts import Claim
from reclaim.rules.gather import facts, sift
from reclaim.rules.identify import identify
from reclaim.rules.judged import code_sets
from reclaim.rules.sent import Sent, sent
from reclaim.x12.envelope import Piece, pieces
from reclaim.x12.reading import tabulate
from reclaim.x12.slices import Place, slices

SIBLINGS = 200
"""So many paid lines of a procedure a record would bring, the newest."""
YEAR = timedelta(days=365)


class Denied(NamedTuple):
    """A denial with the claim that was sent and all that was known on its day."""

    claim: Claim
    sent: Sent
    around: Around
    truth: dict[str, Any]  # a row of the world's denials


class Judged(NamedTuple):
    """A denial, what was truly wrong, and what was said of it."""

    cause: str
    element: str
    line: int
    type: str
    vague: bool
    as_first_sent: bool  # the fault still stands on the claim: of a corrected one the truth keeps the place it had
    said: Explained

    @property
    def first(self) -> str:
        """The cause that was named first; "" for none."""
        return self.said.faults[0].cause if self.said.faults else ""

    @property
    def element_right(self) -> bool:
        """Whether the fault named first stands where it truly is; where nothing is wrong, whether none is named."""
        place = self.said.faults[0].place if self.said.faults else None
        if place is None or not self.element:
            return place is None and not self.element
        on_line = not self.line or place.loop != "2400" or place.loop_at == self.line
        return on_line and _plain(place) == _read(self.element)


class Figures(NamedTuple):
    """How often it was right."""

    denials: int
    right: int  # element
    macro: float  # F1 of causes, each cause the same weight
    by_cause: dict[str, tuple[int, float]]  # how many in truth, F1

    @property
    def share(self) -> float:
        """Share of denials with the right element."""
        return self.right / self.denials if self.denials else 1.0


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("folders", nargs="+", type=Path, help="worlds, as `reclaim world` writes them")
    judged = [one for folder in options.parse_args().folders for one in judge(folder)]
    for line in report(judged):
        print(line)


def report(judged: Sequence[Judged]) -> Iterator[str]:
    """The figures in words."""
    shown = [one for one in judged if one.element and one.as_first_sent]
    technical = [one for one in shown if one.type == "technical"]
    groups = (
        ("technical, something on the claim is wrong", technical),
        ("... and the codes leave it open", [one for one in technical if one.vague]),
        ("... and the codes do not", [one for one in technical if not one.vague]),
        ("all types, something on the claim is wrong", shown),
        ("... and the codes leave it open", [one for one in shown if one.vague]),
        ("... and the codes do not", [one for one in shown if not one.vague]),
        ("all technical denials", [one for one in judged if one.type == "technical"]),
        ("all denials", list(judged)),
    )
    for words, some in groups:
        found = figures(some)
        yield f"{words}: {found.denials} denials, element right {found.share:.1%}, cause macro-F1 {found.macro:.3f}"
    for cause, (count, score) in sorted(figures(shown).by_cause.items()):
        yield f"  {cause}: {count}, F1 {score:.2f}"


def figures(judged: Sequence[Judged]) -> Figures:
    """Elements right, and the F1 of each cause that is there in truth, over these denials."""
    true = Counter(one.cause for one in judged)
    said = Counter(one.first for one in judged)
    both = Counter(one.cause for one in judged if one.first == one.cause)
    by_cause = {cause: (count, 2 * both[cause] / (count + said[cause])) for cause, count in true.items()}
    macro = sum(score for _, score in by_cause.values()) / len(by_cause) if by_cause else 1.0
    return Figures(len(judged), sum(one.element_right for one in judged), macro, by_cause)


def judge(folder: Path) -> Iterator[Judged]:
    """Every denial of a world that its office had sent, but takebacks, explained."""
    for one in denied(folder):
        truth = one.truth
        said = explain(one.claim, identify(one.claim), one.sent, one.around)
        yield Judged(
            truth["cause"], truth["element"], truth["line"], truth["type"], truth["vague"], truth["first"], said
        )


def denied(folder: Path) -> Iterator[Denied]:
    """The denials of a world by day, each with what was known by then."""
    record = _Record(folder)
    for answer, claim, names in sorted(_answers(folder), key=lambda one: (one[0]["day"], one[0]["answer"])):
        submission = record.sent_for(answer)
        if submission is None:
            continue
        truth = record.denials.get(answer["answer"])
        if truth and claim and truth["kind"] != "takeback":
            yield Denied(claim, submission.sent, record.around(submission, answer, names), truth)
        record.keep(submission, answer, paid=truth is None and answer["kind"] == "paid")


class _Record:
    """What a record would hold, growing day by day."""

    def __init__(self, folder: Path) -> None:
        truth = folder / "truth"
        self.denials = {row["answer"]: row for row in _rows(truth, "denials")}
        self._submissions = _submissions(folder)
        self._by_claim: defaultdict[tuple[str, str], list[_Submission]] = defaultdict(list)
        self._by_patient: defaultdict[tuple[str, str], list[_Submission]] = defaultdict(list)
        for one in self._submissions:
            self._by_claim[one.claim, one.payer].append(one)
            for key in _keys(one.sent):
                self._by_patient[key].append(one)
        self._outcomes: dict[int, Literal["paid", "denied"]] = {}
        self._siblings: defaultdict[str, list[Sibling]] = defaultdict(list)
        self._paid_days: defaultdict[str, list[date]] = defaultdict(list)

    def sent_for(self, answer: dict[str, Any]) -> "_Submission | None":
        """The latest claim that the answer can be for."""
        able = [one for one in self._by_claim[answer["claim"], answer["payer"]] if one.day <= answer["day"]]
        if answer["because"] == "duplicate":
            able = [one for one in able if one.why == "duplicate"] or able
        elif answer["because"] == "first":
            able = [one for one in able if one.why in ("first", "rejected")] or able
        return able[-1] if able else None

    def around(self, own: "_Submission", answer: dict[str, Any], names: dict[str, Any]) -> Around:
        """What is known on the day of the answer."""
        day = answer["day"]
        history = [one for one in self._patient(own) if one.day <= day]
        procedures = {line.procedure.text for line in own.sent.lines}
        return Around(
            siblings=tuple(one for code in procedures for one in self._siblings[code][-SIBLINGS:]),
            history=tuple(self._earlier(one) for one in history if one.control_number != own.control_number),
            versions=tuple(
                self._earlier(one) for one in history if one.control_number == own.control_number and one is not own
            ),
            complete=True,
            billed={code: len(days) - bisect_left(days, day - YEAR) for code, days in self._paid_days.items()},
            corrected=names.get("corrected", Corrected()),
            other_payer=names.get("other_payer", ""),
            covered_until=names.get("covered_until"),
            sent_on=own.day,
        )

    def keep(self, own: "_Submission", answer: dict[str, Any], *, paid: bool) -> None:
        """What an answer tells for later ones."""
        self._outcomes[own.number] = "paid" if paid else "denied"
        if paid:
            for line in own.sent.lines:
                self._siblings[line.procedure.text].append(Sibling(own.sent, line))
                self._paid_days[line.procedure.text].append(answer["day"])

    def _earlier(self, one: "_Submission") -> Earlier:
        return Earlier(one.sent, one.day, self._outcomes.get(one.number, "open") if one.accepted else "rejected")

    def _patient(self, own: "_Submission") -> Iterable["_Submission"]:
        """Claims of the same patient: two of name, member ID and birth date agree."""
        found = {one.number: one for key in _keys(own.sent) for one in self._by_patient[key] if one is not own}
        return (found[number] for number in sorted(found))


class _Submission(NamedTuple):
    number: int
    claim: str
    control_number: str
    payer: str
    day: date
    why: str
    accepted: bool
    sent: Sent


def _keys(claim: Sent) -> Iterator[tuple[str, str]]:
    """Pairs of which one is enough to know a patient by."""
    who = claim.subscriber
    name = f"{who.last.text} {who.first.text}"
    yield name, who.birth.text
    yield name, who.member_id.text
    yield who.birth.text, who.member_id.text


def _submissions(folder: Path) -> list[_Submission]:
    rows = [row for row in _rows(folder / "truth", "submissions") if row["file"]]
    known = {(row["file"], row["control_number"], row["order"]): row for row in rows}
    found: list[_Submission] = []
    for path in sorted((folder / "claims").iterdir()):
        for each in map(sent, slices(path.read_bytes())):
            order = "PST".index(each.order.text) + 1
            row = known.get((f"claims/{path.name}", each.control_number.text, order))
            if row:
                of = row["claim"], row["control_number"], row["payer"]
                found.append(_Submission(len(found), *of, row["day"], row["why"], row["accepted"], each))
    return found


def _answers(folder: Path) -> Iterator[tuple[dict[str, Any], Claim | None, dict[str, Any]]]:
    """Every answer of every remittance: its row, its facts where it may be a denial, and the names it corrects."""
    rows: defaultdict[tuple[str, str], deque[dict[str, Any]]] = defaultdict(deque)
    for row in sorted(_rows(folder / "truth", "answers"), key=lambda one: (one["file"], one["position"])):
        number, day, *_ = row["answer"].split("/")
        rows[number, day].append(row)
    for piece in pieces(io.BytesIO(b"".join(path.read_bytes() for path in _by_payer(folder)))):
        tables = tabulate(piece, codes=code_sets()).tables if isinstance(piece, Piece) else {}
        if not tables:
            continue
        claims = {one.segment: one.claim for one in facts(sift(tables))}
        names = _names(tables)
        days = {row["transaction"]: row["payment_date"] for row in tables["payments"].iter_rows(named=True)}
        for number, segment, transaction, control in (
            tables["claims"].select("claim", "segment", "transaction", "payer_control_number").rows()
        ):
            if found := rows[control, f"{days[transaction]:%Y%m%d}"]:
                yield found.popleft(), claims.get(segment), names.get(number, {})


def _by_payer(folder: Path) -> list[Path]:
    """The remittances, those of each payer together: read at once, they take a tenth of the time."""
    return sorted((folder / "remittances").iterdir(), key=lambda path: (path.name.split("_")[1], path.name))


def _names(tables: Mapping[str, pl.DataFrame]) -> dict[int, dict[str, Any]]:
    """By claim: the insured as the payer has it (74), who it wants billed first (PR), the end of coverage (DTM*036)."""
    found: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    names = tables["names"].filter(pl.col("role").is_in(["74", "PR"]) & pl.col("claim").is_not_null())
    for row in names.iter_rows(named=True):
        last = row["last_name"] or ""
        if row["role"] == "74":
            found[row["claim"]]["corrected"] = Corrected(last, row["first_name"] or "", row["id"] or "")
        else:
            found[row["claim"]]["other_payer"] = last
    ended = tables["dates"].filter((pl.col("qualifier") == "036") & pl.col("claim").is_not_null())
    for number, day in ended.select("claim", "date").iter_rows():
        found[number]["covered_until"] = day
    return found


def _rows(truth: Path, table: str) -> list[dict[str, Any]]:
    return pl.read_parquet(truth / table / "*.parquet").rows(named=True)


def _plain(place: Place) -> tuple[str, str, int, int]:
    """A place without its occurrence; which modifier it is does not matter."""
    tag = place.segment.partition("*")[0]
    modifier = (tag, place.element) in (("SV1", 1), ("SV2", 2)) and place.component > 3
    segment = place.segment if tag == "REF" else tag
    element = 0 if tag == "REF" else place.element
    return place.loop, segment, element, 3 if modifier else place.component


def _read(element: str) -> tuple[str, str, int, int]:
    """A place as the world writes it: `2010BA NM109`, `2300 REF*G1`, `2400 SV101-2`, `2300 HI01-2`."""
    loop, _, rest = element.partition(" ")
    if "*" in rest:
        return loop, rest if rest.startswith("REF") else rest.partition("*")[0], 0, 0
    whole, _, component = rest.partition("-")
    return loop, whole[:-2], int(whole[-2:]), int(component or 0)


if __name__ == "__main__":
    main()
