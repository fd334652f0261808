"""Every file of the world, written where a clinic would find it, with a row of truth for all that is in it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from reclaim.world import acks, remit, rows, x835, x837
from reclaim.world.chance import stream
from reclaim.world.envelopes import INSTITUTIONAL, PROFESSIONAL
from reclaim.world.model import Acknowledged, Answer, Claim, Payer
from reclaim.world.remit import Remittance
from reclaim.world.tables import Truth

CLAIMS, ACKNOWLEDGEMENTS, REMITTANCES = "claims", "acknowledgements", "remittances"
SENT_TWICE = 0.005
"""assumption: so often the office sends a file under the number of the one before, and the clearinghouse rejects it."""


class Sent(NamedTuple):
    """A file of claims on its way."""

    name: str
    claims: Sequence[Claim]
    accepted: bool  # by the clearinghouse (TA1)


class Mailroom:
    """Writes files under a folder; control numbers count up per sender."""

    def __init__(self, folder: Path, payers: Mapping[str, Payer], seed: int) -> None:
        """Makes the folders."""
        self._folder, self._payers = folder, payers
        self._chance = stream(seed, "mailroom")
        self._numbers: dict[str, int] = {}
        self.files = 0
        self.bytes = 0
        for name in (CLAIMS, ACKNOWLEDGEMENTS, REMITTANCES):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def send(self, claims: Sequence[Claim], form: str, day: date) -> Sent:
        """One 837, and what the clearinghouse says of it at once: TA1, and 999 when the file could be opened."""
        again = self._numbers.get("office", 0) > 0 and self._chance.random() < SENT_TWICE
        control = self._numbers["office"] if again else self._next("office")
        suffix = "_again" if again else ""
        name = self._write(CLAIMS, f"{day}_{form}_{control:06d}{suffix}.837", self._claims(claims, form, day, control))
        envelope = x837.envelope(day, control)
        note = "025" if again else "000"
        reply = self._next("clearinghouse")
        self._write(ACKNOWLEDGEMENTS, f"{day}_{reply:06d}.ta1", acks.ta1(envelope, day, reply, note))
        if not again:
            kind = PROFESSIONAL if form == "P" else INSTITUTIONAL
            reviewed = [acks.Reviewed(f"{number:04d}") for number in range(1, len(x837.batches(claims)) + 1)]
            reply = self._next("clearinghouse")
            data = acks.acknowledgement_999(envelope, kind, reviewed, day, reply)
            self._write(ACKNOWLEDGEMENTS, f"{day}_{reply:06d}.999", data)
        return Sent(name, claims, accepted=not again)

    def acknowledge(self, acknowledged: Sequence[Acknowledged], payer: Payer, day: date) -> str:
        """The 277CA of a payer for a day; its name."""
        control = self._next(f"277 {payer.id}")
        data = acks.claim_acknowledgements_277ca(acknowledged, day, control, payer)
        return self._write(ACKNOWLEDGEMENTS, f"{day}_{payer.id}_{control:06d}.277ca", data)

    def remit(self, remittances: Sequence[Remittance], payer: Payer, truth: Truth) -> Iterable[tuple[str, Answer]]:
        """The 835s of a payer and day, by its habits; every answer with the file that holds it."""
        for together in remit.in_files(remittances, payer):
            control = self._next(f"835 {payer.id}")
            data = x835.remittance_file(together, payer, control, self._payers)
            name = self._write(REMITTANCES, f"{together[0].day}_{payer.id}_{control:06d}.835", data)
            truth.extend("remittances", rows.payments(name, together))
            for written in x835.written(together, payer):
                truth.add("answers", rows.answer(name, written))
                yield name, written.answer

    def _claims(self, claims: Sequence[Claim], form: str, day: date, control: int) -> bytes:
        return x837.claims_file(claims, form, day, control, self._payers)

    def _next(self, sender: str) -> int:
        self._numbers[sender] = number = self._numbers.get(sender, 0) + 1
        return number

    def _write(self, folder: str, name: str, data: bytes) -> str:
        (self._folder / folder / name).write_bytes(data)
        self.files += 1
        self.bytes += len(data)
        return f"{folder}/{name}"
