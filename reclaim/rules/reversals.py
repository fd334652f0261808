"""Which reversals leave a claim unpaid: over all files that were read together, whatever their order.

A reversal (CLP02 = 22) undoes an earlier adjudication and is usually followed by a corrected one of the same claim, in
the same or a later file (005010X221A1 section 1.10.2.8; engineering rules, 3). Without one it is a takeback; with one
that pays less than was taken back and denies the rest, that denial is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from reclaim.codes import lookup
from reclaim.rules.facts import Claim, Identification, Remittance
from reclaim.rules.gather import Gathered

REVERSED = "22"


class Place(NamedTuple):
    """When and where an adjudication was made: later ones answer earlier ones."""

    day: date  # of the remittance
    file: int
    segment: int


class Reversal(NamedTuple):
    """A reversal, and where it stood."""

    gathered: Gathered
    place: Place


@dataclass(slots=True)
class Ledger:
    """Every adjudication seen so far, as little of each as is needed to pair reversals with what replaced them."""

    reversals: dict[str, list[Reversal]] = field(default_factory=dict)
    _answers: list[pl.DataFrame] = field(default_factory=list)

    def answer(self, answers: pl.DataFrame, file: int, first_segment: int) -> None:
        """Note the adjudications of a piece that are no reversals; see `keys`."""
        file_number = pl.lit(file, pl.UInt32).alias("file")
        self._answers.append(answers.select("key", "day", file_number, pl.col("segment") + first_segment))

    def reverse(self, gathered: Gathered, place: Place) -> None:
        """Note a reversal."""
        self.reversals.setdefault(key_of(gathered), []).append(Reversal(gathered, place))

    def taken_back_before(self, key: str, place: Place) -> Decimal:
        """US dollars of this claim that the latest reversal before a place took back, as far as was read."""
        earlier = [each for each in self.reversals.get(key, ()) if each.place < place]
        return taken_back(max(earlier, key=lambda each: each.place).gathered.claim) if earlier else NOTHING

    def settled(self) -> Iterator[tuple[Reversal, bool]]:
        """Every reversal, and whether a later adjudication of the claim follows it, in this file or in another."""
        if not self.reversals:
            return
        latest: dict[str, Place] = {}
        for frame in self._answers:
            for key, *place in frame.filter(pl.col("key").is_in(list(self.reversals))).iter_rows():
                latest[key] = max(Place(*place), latest.get(key, NEVER))
        for key, reversals in self.reversals.items():
            yield from ((each, latest.get(key, NEVER) > each.place) for each in reversals)


NEVER = Place(date.min, 0, 0)
NOTHING = Decimal("0.00")


def day_of(remittance: Remittance) -> date:
    """The day that orders answers; the earliest of all when the payer sent none."""
    return remittance.notice_date or date.min


def taken_back(reversal: Claim) -> Decimal:
    """US dollars that a reversal takes back; those of its charge where its payment cannot be read."""
    amount = reversal.paid if reversal.paid is not None else reversal.charge
    return max(-(amount or NOTHING), NOTHING)


def is_duplicate(identification: Identification) -> bool:
    """Whether every denying code says that the claim was sent twice: such a denial speaks of another claim."""
    return {entry.cause for one in identification.denying if (entry := lookup.carc(one.carc))} == {"duplicate"}


def key_of(gathered: Gathered) -> str:
    """What makes two adjudications answers of one payer to one claim: our control number, else the payer's."""
    claim = gathered.claim
    own = claim.control_number if claim.control_number.strip("0") else f"payer {claim.payer_control_number}"
    return f"{payer_key(claim.remittance)}/{own}"


def keyed(claims: pl.DataFrame, senders: Mapping[int, Remittance]) -> pl.DataFrame:
    """The claims of a piece with the columns `key` (see `key_of`) and `day` of the remittance."""
    days = {transaction: day_of(sender) for transaction, sender in senders.items()}
    payers = {transaction: payer_key(sender) for transaction, sender in senders.items()}
    payer = pl.col("transaction").replace_strict(payers, return_dtype=pl.String)
    own = pl.col("control_number").fill_null("")
    theirs = "payer " + pl.col("payer_control_number").fill_null("")
    number = pl.when(own.str.strip_chars("0") != "").then(own).otherwise(theirs)
    return claims.with_columns(
        (payer + "/" + number).alias("key"),
        pl.col("transaction").replace_strict(days, return_dtype=pl.Date).alias("day"),
    )


def keys(claims: pl.DataFrame, senders: Mapping[int, Remittance]) -> pl.DataFrame:
    """Key, transaction, day, segment and payment of every adjudication of a piece that is no reversal."""
    answers = keyed(claims.filter(pl.col("status").fill_null("") != REVERSED), senders)
    return answers.select("key", "transaction", "day", "segment", pl.col("paid").fill_null(0))


def payer_key(sender: Remittance) -> str:
    """What tells a payer from others: its identifier, else its name."""
    return sender.payer_id or sender.payer
