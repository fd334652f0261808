"""What is said of all that was read: per file, in total, and of what is no denial."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from reclaim.rules.facts import Claim, Denial, Identification, Kind, Remittance
from reclaim.rules.gather import Gathered, remittances
from reclaim.rules.reversals import Ledger
from reclaim.x12.findings import Finding
from reclaim.x12.reading import Part, Reading

ZERO = Decimal("0.00")

Judge = Callable[[Claim, Identification], Denial]


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


class Found(NamedTuple):
    """A denial, the file it stands in, and the name that only people may see."""

    file: str
    denial: Denial
    patient: str


class _Contents(NamedTuple):
    file: str
    claims: int
    charge: Decimal


@dataclass(slots=True)
class Report:
    """All files together, in memory that does not grow with what is plainly paid."""

    files: list[FileReport] = field(default_factory=list)
    kinds: Counter[Kind] = field(default_factory=Counter)
    adjustments: dict[tuple[str, str], tuple[int, Decimal]] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    _remittances: dict[tuple[object, ...], _Contents] = field(default_factory=dict)
    _interchanges: dict[tuple[str, str, str], str] = field(default_factory=dict)
    _bytes: dict[str, str] = field(default_factory=dict)

    def begin(self, name: str) -> FileReport:
        """A file is about to be read."""
        self.files.append(FileReport(len(self.files) + 1, name))
        return self.files[-1]

    def add(self, part: Part, file: FileReport) -> Mapping[str, pl.DataFrame]:
        """Count a piece; its tables without the remittances that were read before."""
        claims = part.tables["claims"]
        file.claims += len(claims)
        file.charge += _sum(claims["charge"])
        file.paid += _sum(claims["paid"])
        self._total(part.tables["adjustments"])
        senders = remittances(part.tables)
        repeated = self._repeated(part, senders, file)
        first_time = (
            {name: _without(table, repeated) for name, table in part.tables.items()} if repeated else part.tables
        )
        self.ledger.add(first_time["claims"], senders, file.number, part.first_segment)
        return first_time

    def totals(self) -> list[tuple[str, str, int, Decimal]]:
        """Group, CARC, how often and how many dollars, over all claims of all files; the most dollars first."""
        ordered = sorted(self.adjustments.items(), key=lambda each: (-each[1][1], each[0]))
        return [(group, carc, count, amount) for (group, carc), (count, amount) in ordered]

    def counted(
        self, file: FileReport, gathered: Gathered, identification: Identification, judge: Judge
    ) -> Iterator[Found]:
        """Count a judged claim; when it is a denial, all that the rules say of it."""
        self.kinds[identification.kind] += 1
        if identification.kind.is_denial:
            file.denied_claims += 1
            file.denied_amount += identification.denied_amount
            yield Found(file.name, judge(gathered.claim, identification), gathered.patient)

    def finish(self, file: FileReport, reading: Reading) -> None:
        """A file has been read to its end."""
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

    def _total(self, adjustments: pl.DataFrame) -> None:
        pair = (pl.col("group").fill_null(""), pl.col("carc").fill_null(""))
        for group, carc, count, amount in adjustments.group_by(pair).agg(pl.len(), pl.col("amount").sum()).iter_rows():
            before = self.adjustments.get((group, carc), (0, ZERO))
            self.adjustments[group, carc] = (before[0] + count, before[1] + amount)

    def _repeated(self, part: Part, senders: Mapping[int, Remittance], file: FileReport) -> list[int]:
        """The transactions of a piece that hold the same remittance, with the same claims, as one read before."""
        held = part.tables["claims"].group_by("transaction").agg(pl.len(), pl.col("charge").sum())
        contents = {number: (count, charge) for number, count, charge in held.iter_rows()}
        repeated = []
        for segment, transaction, amount, day in (
            part.tables["payments"].select("segment", "transaction", "amount", "payment_date").iter_rows()
        ):
            sender = senders.get(transaction)
            if sender is None or not sender.trace_number:
                continue
            now = _Contents(file.name, *contents[transaction])
            before = self._remittances.setdefault(
                (sender.payer_id or sender.payer, sender.trace_number, amount, day), now
            )
            if before is not now:
                same = before[1:] == now[1:]
                repeated += [transaction] if same else []
                file.findings.append(_repeat(sender, before, part.first_segment + segment, same=same))
        return repeated

    def _same_again(self, file: FileReport, reading: Reading) -> None:
        for sender, receiver, number, segment in reading.contents.interchanges:
            before = self._interchanges.setdefault((sender, receiver, number), file.name)
            if before != file.name and self._bytes.get(file.sha256) is None:
                said = f"Interchange {number} of this sender was also in {before}. Compare the two files."
                file.findings.append(Finding("warning", "interchange-repeated", segment, "ISA13", said))
        if (twin := self._bytes.setdefault(file.sha256, file.name)) != file.name:
            said = f"This file is the same, byte for byte, as {twin}."
            file.findings.append(Finding("warning", "file-repeated", None, "", said))


def _sum(amounts: pl.Series) -> Decimal:
    return Decimal(amounts.sum() or ZERO)


def _without(table: pl.DataFrame, transactions: list[int]) -> pl.DataFrame:
    return table.filter(~pl.col("transaction").is_in(transactions).fill_null(value=False))


def _repeat(sender: Remittance, before: _Contents, segment: int, *, same: bool) -> Finding:
    what = f"Remittance {sender.trace_number} was already read from {before.file}"
    if same:
        said = f"{what}, with the same claims: its denials are not listed again."
        return Finding("warning", "remittance-repeated", segment, "ST TRN02", said)
    said = f"{what}, but with other claims: both are listed. Ask the payer which one stands."
    return Finding("warning", "remittance-repeated", segment, "ST TRN02", said)
