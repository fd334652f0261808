"""Hand-made rows to count over: a claim is a list of answers, as a biller would tell them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from reclaim.desk.models import Case
from reclaim.people.models import Organization
from reclaim.record.models import Adjudication, File, FileState, Payer, Remittance

TODAY = date(2026, 11, 23)
Answer = tuple[str, str, str]
"""Day, kind, and what was paid: ("2026-11-03", "denied", "0.00")."""


@dataclass
class Record:
    """An organization's record in the making."""

    organization: Organization
    remittances: dict[date, Remittance] = field(default_factory=dict)
    count: int = 0

    def claim(self, *answers: Answer, charge: str = "100.00", denied: str = "", **case: Any) -> Case | None:  # noqa: ANN401  any field
        """One claim with its answers; a case when `case` says how it stands."""
        self.count += 1
        key = f"PAYER/{self.count}"
        rows = [self._answer(key, each, Decimal(charge)) for each in answers]
        if not case:
            return None
        denials = [row for row in rows if "denied" in row.kind or row.kind in ("silent", "duplicate", "reversals")]
        first, denial = denials[0], denials[-1]
        values: dict[str, Any] = {
            "organization": self.organization,
            "payer": first.remittance.payer,
            "key": key,
            "first": first,
            "denial": denial,
            "latest": rows[-1],
            "answers": len(rows),
            "state": "open",
            "kind": denial.kind,
            "control_number": f"C{self.count}",
            "patient": "DOE, JANE",
            "line_of_business": "commercial",
            "type": "technical",
            "cause": "claim_data",
            "department": "billing",
            "preventable": "yes",
            "codes": "CO-16 M62",
            "action": "correct_and_resubmit",
            "charge": Decimal(charge),
            "denied": Decimal(denied or charge),
            "expected": Decimal("10.00"),
            "score": Decimal("10.00"),
            "opened": first.day,
        }
        return Case.objects.create(**(values | case))

    def _answer(self, key: str, answer: Answer, charge: Decimal) -> Adjudication:
        day, kind, paid = answer
        remittance = self._remittance(date.fromisoformat(day))
        self.count += 1
        return Adjudication.objects.create(
            organization=self.organization,
            remittance=remittance,
            key=key,
            control_number=key,
            payer_control_number="",
            status="22" if kind == "reversals" else "1",
            kind=kind,
            day=remittance.day,
            position=self.count,
            charge=charge,
            paid=Decimal(paid),
            start=0,
            end=0,
        )

    def _remittance(self, day: date) -> Remittance:
        if day not in self.remittances:
            payer, _ = Payer.objects.get_or_create(
                organization=self.organization,
                key="PAYER",
                defaults={"name": "Harbor Mutual", "line_of_business": "commercial"},
            )
            self.remittances[day] = Remittance.objects.create(
                organization=self.organization,
                file=self.file(f"{day}.835"),
                payer=payer,
                transaction=1,
                trace_number=f"{day}",
                amount=Decimal(0),
                day=day,
                claims=0,
                charge=Decimal(0),
            )
        return self.remittances[day]

    def file(self, name: str, **values: Any) -> File:  # noqa: ANN401  any field
        """A file that was read."""
        known: dict[str, Any] = {"state": FileState.READ, "kind": "835", "size": 1000, "origin": "upload"}
        known["received_at"] = datetime(2026, 11, 23, 12, tzinfo=UTC)
        return File.objects.create(organization=self.organization, sha256=f"{name:x>64}", name=name, **(known | values))
