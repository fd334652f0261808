"""What is said of all that was read: per file, in total, and of what is no denial."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl

from reclaim.rules.facts import Kind
from reclaim.rules.judged import Judged, Outcome, Shown
from reclaim.rules.money import ZERO
from reclaim.rules.remitted import ReadBefore, Received
from reclaim.rules.reversals import Ledger, Place, day_of
from reclaim.x12.findings import Finding
from reclaim.x12.reading import Placed, Reading


@dataclass(slots=True)
class FileReport:
    """One file: what it holds, in its own figures."""

    number: int
    name: str
    sha256: str = ""
    kind: str = ""  # "835", or "835, 999" when it holds several; "" when it is no X12
    interchanges: int = 0
    transactions: int = 0
    claims: int = 0
    charge: Decimal = ZERO
    paid: Decimal = ZERO
    denied_claims: int = 0
    denied_amount: Decimal = ZERO
    balanced: bool = True
    refused: bool = False
    findings: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """All files together, in memory that does not grow with what is plainly paid."""

    files: list[FileReport] = field(default_factory=list)
    kinds: Counter[Kind] = field(default_factory=Counter)
    adjustments: dict[tuple[str, str], tuple[int, Decimal]] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    _remittances: ReadBefore = field(default_factory=ReadBefore)
    _interchanges: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _bytes: dict[str, str] = field(default_factory=dict)

    def begin(self, name: str) -> FileReport:
        """A file is about to be read."""
        self.files.append(FileReport(len(self.files) + 1, name))
        return self.files[-1]

    def add(self, placed: Placed[Judged[Shown]], file: FileReport) -> frozenset[int]:
        """Count a piece but for its denials; the transactions in it that were read before."""
        judged = placed.made
        if judged.sums is None:
            return frozenset()
        sums = judged.sums
        file.claims += sums.claims
        file.charge += sums.charge
        file.paid += sums.paid
        for pair, (count, amount) in sums.adjustments.items():
            before = self.adjustments.get(pair, (0, ZERO))
            self.adjustments[pair] = (before[0] + count, before[1] + amount)
        repeated = frozenset(self._repeated(sums.remittances, placed.first_segment, file))
        self._note(judged, file, placed.first_segment, repeated)
        return repeated

    def _note(self, judged: Judged[Shown], file: FileReport, first_segment: int, repeated: frozenset[int]) -> None:
        for (transaction, kind), count in judged.others.items():
            if transaction not in repeated:
                self.kinds[kind] += count
        if judged.sums:
            once = judged.sums.answers.filter(~pl.col("transaction").is_in(list(repeated)))
            self.ledger.answer(once, file.number, first_segment)
        for gathered in judged.reversals:
            if gathered.transaction not in repeated:
                day = day_of(gathered.claim.remittance)
                self.ledger.reverse(gathered, Place(day, file.number, gathered.segment + first_segment))

    def taken_back(self, judged: Judged[Shown], file: FileReport, first_segment: int) -> frozenset[int]:
        """Segments of denials that answer a claim whose payment was reversed in an earlier piece, not yet so judged."""
        if not self.ledger.reversals or judged.sums is None:
            return frozenset()
        answers = judged.sums.answers.select("segment", "day", "paid").iter_rows()
        known = {segment: (day, paid) for segment, day, paid in answers}

        def lost(each: Outcome[Shown]) -> bool:
            day, paid = known[each.segment]
            place = Place(day, file.number, each.segment + first_segment)
            return bool(paid < self.ledger.taken_back_before(each.key, place))

        return frozenset(each.segment for each in judged.outcomes if each.kind is not Kind.TAKEBACK and lost(each))

    def counted(
        self, outcomes: list[Outcome[Shown]], file: FileReport, repeated: frozenset[int] = frozenset()
    ) -> Iterator[Outcome[Shown]]:
        """Count denials and hand them on, but for those that were read before."""
        for each in outcomes:
            if each.transaction not in repeated:
                self.kinds[each.kind] += 1
                file.denied_claims += 1
                file.denied_amount += each.amount
                yield each

    def totals(self) -> list[tuple[str, str, int, Decimal]]:
        """Group, CARC, how often and how many dollars, over all claims of all files; the most dollars first."""
        ordered = sorted(self.adjustments.items(), key=lambda each: (-each[1][1], each[0]))
        return [(group, carc, count, amount) for (group, carc), (count, amount) in ordered]

    def finish(self, file: FileReport, reading: Reading) -> None:
        """A file has been read, to its end or as far as it goes."""
        file.sha256 = reading.sha256
        file.kind = ", ".join(sorted(reading.contents.transactions))
        file.interchanges = len(reading.contents.interchanges)
        file.transactions = sum(reading.contents.transactions.values())
        file.balanced = reading.balanced
        file.refused = reading.refused
        file.findings += reading.findings
        self._same_again(file, reading)

    def refuse(self, file: FileReport, error: BaseException) -> None:
        """A file could not be opened, or not be read to its end."""
        file.refused = True
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        read = f" {file.claims:,} claims before that place were read." if file.claims else ""
        said = f"The file cannot be read: {reason[:1].lower()}{reason[1:]}.{read} Get it again, or unpack it first."
        file.findings.append(Finding("error", "refused", None, "", said))

    def _repeated(self, remittances: list[Received], first_segment: int, file: FileReport) -> Iterator[int]:
        """The transactions that hold the same remittance, with the same claims, as one read before."""
        for each in remittances:
            if repeat := self._remittances.repeat(each, file.name, first_segment):
                file.findings.append(repeat.finding)
                if repeat.same:
                    yield each.transaction

    def _same_again(self, file: FileReport, reading: Reading) -> None:
        twin = self._bytes.setdefault(file.sha256, file.name)
        if twin != file.name:
            said = f"This file is the same, byte for byte, as {twin}."
            file.findings.append(Finding("warning", "file-repeated", None, "", said))
        for sender, receiver, number, segment in reading.contents.interchanges:
            before = self._interchanges.setdefault((sender, receiver, number), file.name)
            if before != file.name and twin == file.name:
                said = f"Interchange {number} of this sender was also in {before}. Compare the two files."
                file.findings.append(Finding("warning", "interchange-repeated", segment, "ISA13", said))
