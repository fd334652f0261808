"""Whatever a payer may rightly send, by any separators, is read back to the cent and without a finding."""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.x12.build import Segments, interchange, read, text, transaction

GROUPS = ("CO", "CR", "OA", "PI", "PR")
Reason = tuple[str, str, Decimal]

cents = st.integers(-1_000_000, 10_000_000_000).map(lambda number: Decimal(number).scaleb(-2))
names = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)
reasons = st.lists(st.tuples(st.sampled_from(GROUPS), st.integers(1, 300).map(str), cents), max_size=9)


@dataclass(frozen=True)
class Line:
    """A service line and its reasons."""

    procedure: str
    charge: Decimal
    reasons: list[Reason]

    @property
    def paid(self) -> Decimal:
        return self.charge - adjusted(self.reasons)


@dataclass(frozen=True)
class Claim:
    """A claim that balances: what was not adjusted was paid."""

    name: str
    alone: Decimal  # its charge when it has no lines
    reasons: list[Reason]
    lines: list[Line] = field(default_factory=list)

    @property
    def charge(self) -> Decimal:
        return sum((line.charge for line in self.lines), Decimal(0)) if self.lines else self.alone

    @property
    def paid(self) -> Decimal:
        return self.charge - adjusted(self.reasons) - sum((adjusted(line.reasons) for line in self.lines), Decimal(0))


lines = st.builds(Line, st.sampled_from(["99213", "A0427", "0450"]), cents, reasons)
claims = st.builds(Claim, names, cents, reasons, st.lists(lines, max_size=3))
remittances = st.tuples(st.lists(claims, max_size=3), st.lists(cents, max_size=2))
separators = st.tuples(
    st.lists(st.sampled_from("*|!>:;+\x1d\x1e\x1f{"), min_size=2, max_size=2, unique=True).map("".join),
    st.sampled_from("~'\n\r\x1c}"),
).map("".join)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(remittances, min_size=1, max_size=3),
    separators,
    st.sampled_from(["", "\n", "\r\n"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_balances_is_read_back_without_a_finding(
    sent: list[tuple[list[Claim], list[Decimal]]], marks: str, after: str, encoding: str
) -> None:
    transactions = [
        transaction(*map(written, claims), number=f"{number:04d}", plb=map(taken, taken_away))
        for number, (claims, taken_away) in enumerate(sent, start=1)
    ]
    answer = read(text(interchange(*transactions), marks, after).encode(encoding))
    every = [claim for claims, _ in sent for claim in claims]

    assert answer.found == (["info encoding"] if encoding == "utf-16" else [])
    assert answer.reading.balanced
    assert answer.rows("claims", "charge", "paid") == [(claim.charge, claim.paid) for claim in every]
    assert answer.rows("names", "last_name") == [(claim.name,) for claim in every]
    assert answer.rows("lines", "claim", "procedure", "charge", "paid") == [
        (number, line.procedure, line.charge, line.paid)
        for number, claim in enumerate(every, start=1)
        for line in claim.lines
    ]
    assert answer.rows("adjustments", "claim", "group", "carc", "amount") == [
        (number, *reason) for number, claim in enumerate(every, start=1) for reason in in_order(claim)
    ]
    assert answer.rows("provider_adjustments", "transaction", "amount") == [
        (number, amount) for number, (_, amounts) in enumerate(sent, start=1) for amount in amounts
    ]


def adjusted(reasons: list[Reason]) -> Decimal:
    return sum((amount for _, _, amount in reasons), Decimal(0))


def in_order(claim: Claim) -> list[Reason]:
    """The reasons of a claim and its lines as they are sent: those of a group together."""
    each = [claim.reasons, *(line.reasons for line in claim.lines)]
    return [reason for reasons in each for reason in sorted(reasons, key=group_of)]


def group_of(reason: Reason) -> str:
    return reason[0]


def written(claim: Claim) -> Segments:
    """A claim as segments."""
    head = [f"CLP*A1*1*{claim.charge}*{claim.paid}*0*12*P1", *cas(claim.reasons), f"NM1*QC*1*{claim.name}"]
    for line in claim.lines:
        head += [f"SVC*HC:{line.procedure}*{line.charge}*{line.paid}**1", "DTM*472*20261005", *cas(line.reasons)]
    return head


def cas(reasons: list[Reason]) -> Segments:
    """Reasons by group, six in a segment."""
    segments = []
    for group, rows in groupby(sorted(reasons, key=group_of), key=group_of):
        triples = [f"{carc}*{amount}*" for _, carc, amount in rows]
        segments += ["*".join(["CAS", group, *triples[at : at + 6]]).rstrip("*") for at in range(0, len(triples), 6)]
    return segments


def taken(amount: Decimal) -> str:
    return f"PLB*1999999984*20261231*WO:P9*{amount}"
