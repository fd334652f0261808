"""Clean claims of a tiny made-up office, for the tests of what goes wrong with them."""

from datetime import date, timedelta
from random import Random

from reclaim.world.chance import stream
from reclaim.world.events import Events
from reclaim.world.model import (
    Address,
    Claim,
    Coverage,
    Enrollment,
    Entity,
    Line,
    Location,
    Patient,
    Payer,
    Provider,
    Worker,
)
from reclaim.world.payers import for_form, payers

SINCE, UNTIL = date(2025, 1, 1), date(2025, 12, 31)
HOME = Address("1 Test Way", "Cedar", "OH", "439990001")
GROUP = Entity("G", "CEDAR GROUP", "2000000002", "000000001", "261QM1300X", HOME, "5555550100")
CLINIC = Location("L1", "CEDAR CLINIC", "2000000010", HOME, "11", "G")
WORKERS = {
    one.id: one
    for one in (
        *(Worker(f"REG-{number}", "registrar", "L1", SINCE, 1.0) for number in range(4)),
        *(Worker(f"COD-{number}", "coder", "L1", SINCE, 1.0) for number in range(3)),
        *(Worker(f"BIL-{number}", "biller", "L1", SINCE, 1.0) for number in range(2)),
    )
}
ENROLLED = tuple(Enrollment(payer, date(2020, 1, 1), None) for payer in payers())
DOCTOR = Provider("DR1", "2000000028", "ROWAN", "ADA", "207Q00000X", "family", "L1", ENROLLED)
FIRST = [one for one in payers().values() if one.share]


def claim(number: int, chance: Random, payer: Payer | None = None, form: str = "P") -> Claim:
    """One clean claim that could meet every cause its form allows."""
    who = payer or chance.choice(FIRST)
    who = payers()[for_form(who.id, form)]
    day = SINCE + timedelta(days=chance.randrange(365))
    coverage = Coverage(who.id, "PLAN", f"M{chance.randrange(10**8, 10**9)}", "G1", date(2024, 1, 1), None)
    before = Coverage("HARBOR", "PLAN", f"B{number:07}", "G0", date(2022, 1, 1), date(2023, 12, 31))
    coverages = (coverage, before) if number % 3 else (coverage,)
    born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
    stay = form == "I"
    lines = [
        Line(
            place,
            f"{number}-{place}",
            chance.choice(("99214", "97110", "20610", "72148")),
            chance.choice(((), ("25",), ("RT", "59"))),
            "0420" if stay else "",
            chance.randint(1, 6),
            chance.randint(5_000, 90_000) * (20 if stay else 1),
            day,
            (1,),
            4_000,
        )
        for place in range(1, chance.randint(2, 5))
    ]
    return Claim(
        id=f"C{number}",
        control_number=f"C{number}",
        form=form,
        patient=Patient(f"P{number}", "HAWTHORNE", "IDA", born, "F", HOME, coverages),
        coverage=coverage,
        payer=who,
        entity=GROUP,
        location=CLINIC,
        provider=DOCTOR,
        registrar=f"REG-{chance.randrange(4)}",
        coder=f"COD-{chance.randrange(3)}",
        biller=f"BIL-{chance.randrange(2)}",
        specialty=chance.choice(("family medicine", "physical therapy")),
        service_from=day,
        service_to=day,
        submitted=day + timedelta(days=3),
        diagnoses=("M5450", "I10"),
        lines=lines,
        bill_type="11" if stay else "",
        admitted=stay,
        authorization=f"A{chance.randrange(10**7, 10**8)}" if chance.random() < 0.3 else "",
        referral=f"R{chance.randrange(10**6, 10**7)}" if who.referrals else "",
    )


def claims(count: int, seed: int = 1) -> list[Claim]:
    """Many of them, one in five a hospital stay."""
    chance = stream(seed, "clean claims")
    return [claim(number, chance, form="I" if number % 5 == 0 else "P") for number in range(count)]


def events(seed: int = 1) -> Events:
    """The events of a year at this office."""
    return Events(seed, SINCE, UNTIL, WORKERS, payers())
