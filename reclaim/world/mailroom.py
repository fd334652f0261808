"""Every file of the world, written where a clinic would find it, with a row of truth for all that is in it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from reclaim.world import acks, remit, rows, x835, x837
from reclaim.world.chance import stream
from reclaim.world.envelopes import INSTITUTIONAL, PROFESSIONAL, STATUS, Envelope, Kind, interchange
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

    def __init__(self, folder: Path | None, payers: Mapping[str, Payer], seed: int) -> None:
        """Nothing is written without a folder."""
        self.folder, self._payers = folder, payers
        self._chance = stream(seed, "mailroom")
        self._numbers: dict[str, int] = {}
        self.files = 0
        self.bytes = 0
        self.check = 0  # over all bytes, written or not
        if folder:
            for name in (CLAIMS, ACKNOWLEDGEMENTS, REMITTANCES):
                (folder / name).mkdir(parents=True, exist_ok=True)

    def send(self, claims: Sequence[Claim], form: str, day: date) -> Sent:
        """One 837, and what the clearinghouse says of it at once: TA1, and 999 when the file could be opened."""
        again = self._numbers.get("office", 0) > 0 and self._chance.random() < SENT_TWICE
        control = self._numbers["office"] if again else self._next("office")
        suffix = "_again" if again else ""
        name = self._write(CLAIMS, f"{day}_{form}_{control:06d}{suffix}.837", self._claims(claims, form, day, control))
        envelope = x837.envelope(day, control)
        kind = PROFESSIONAL if form == "P" else INSTITUTIONAL
        numbers = [f"{number:04d}" for number in range(1, len(x837.batches(claims)) + 1)]
        self.opened(envelope, day, {} if again else {(kind, control): numbers})
        return Sent(name, claims, accepted=not again)

    def opened(self, file: Envelope, day: date, groups: Mapping[tuple[Kind, int], Sequence[str]]) -> None:
        """What the clearinghouse says of a file that it could open, or that came before.

        Args:
            file: its envelope.
            day: of the answer.
            groups: kind and number (GS06) of each group with its transactions (ST02); none of a file that came before.
        """
        reply = self._next("clearinghouse")
        note = "000" if groups else "025"
        self._write(ACKNOWLEDGEMENTS, f"{day}_{reply:06d}.ta1", acks.ta1(file, day, reply, note))
        for (kind, control), numbers in groups.items():
            reply = self._next("clearinghouse")
            reviewed = [acks.Reviewed(number) for number in numbers]
            data = acks.acknowledgement_999(file._replace(control=control), kind, reviewed, day, reply)
            self._write(ACKNOWLEDGEMENTS, f"{day}_{reply:06d}.999", data)

    def status(self, file: Envelope, bodies: Sequence[str], day: date) -> None:
        """The clearinghouse's answer to a file of inquiries (277)."""
        reply = self._next("clearinghouse")
        data = interchange(STATUS, bodies, acks.reply(file, day, reply))
        self._write(ACKNOWLEDGEMENTS, f"{day}_{reply:06d}.277", data)

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
        self.check = crc32(data, self.check)
        if self.folder:
            (self.folder / folder / name).write_bytes(data)
            self.files += 1
            self.bytes += len(data)
        return f"{folder}/{name}"
