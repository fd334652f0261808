"""Made-up rows for tests and benchmarks of the site: people, files, and as many cases as are asked for."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from reclaim import reception
from reclaim.desk.models import Case, State
from reclaim.people.models import Membership, Organization, Role, User
from reclaim.record.models import Adjudication, File, FileState, Payer, Remittance

SAMPLES = Path(__file__).parent.parent.parent / "samples"
PAYERS = 24
LAST = ("LANTERN", "PEBBLE", "THISTLE", "MAPLE", "HARBOR", "WILLOW", "EMBER", "QUARRY", "FENWICK", "OSEI", "MARLOW")
FIRST = ("ROSE", "OWEN", "ANNA", "JUNE", "THEO", "IVY", "NOAH", "LENA")
SORTS = (  # type, cause, codes, action, kind
    ("administrative", "authorization", "CO-197", "appeal", "denied"),
    ("administrative", "timely_filing", "CO-29", "appeal", "denied"),
    ("administrative", "cob", "CO-22 N598", "bill_other_payer", "denied"),
    ("technical", "claim_data", "CO-16 N290", "replacement", "denied_in_part"),
    ("technical", "registration_eligibility", "CO-31", "correct_and_resubmit", "denied"),
    ("technical", "documentation", "CO-252 M127", "send_records", "denied"),
    ("technical", "coding", "CO-11", "replacement", "denied_in_part"),
    ("clinical", "medical_necessity", "CO-50 N115", "appeal", "denied"),
    ("administrative", "silent", "CO-45", "ask_payer", "silent"),
    ("administrative", "recoupment", "CO-97", "replacement", "takeback"),
)


def organization(name: str = "Fernhollow") -> Organization:
    """A practice."""
    return Organization.objects.create(name=name, slug=name.lower())


def person(owner: Organization, role: Role = Role.BILLER) -> User:
    """Somebody who works there."""
    email = f"{role}@{owner.slug}.example"
    user = User.objects.create_user(username=email, email=email, password=None)
    Membership.objects.create(organization=owner, user=user, role=role)
    return user


def received(owner: Organization, *names: str) -> list[File]:
    """Samples that came in and were read."""
    files = []
    for name in names:
        with (SAMPLES / name).open("rb") as stream:
            files.append(reception.process(reception.accept(owner, None, name, stream, "command").pk))
    return files


def many_cases(owner: Organization, count: int, today: date, *, closed: float = 0.0, seed: int = 7) -> None:
    """As many cases as are asked for, with one answer each, spread as denials are spread.

    Args:
        owner: whose they are.
        count: how many.
        today: deadlines lie around it.
        closed: share of them that is no longer open.
        seed: the same one gives the same cases.
    """
    dice = random.Random(seed)  # noqa: S311  made-up claims need no cryptographic dice
    remittance = _remittance(owner, count)
    payers = [
        Payer.objects.create(
            organization=owner, key=f"P{number}", name=f"Payer {number:02}", line_of_business="commercial"
        )
        for number in range(PAYERS)
    ]
    made = (_case(owner, number, today, dice, closed) for number in range(count))
    while some := list(islice(made, 2000)):
        answers = Adjudication.objects.bulk_create(_answer(case, remittance) for case in some)
        for case, answer in zip(some, answers, strict=True):
            case.payer = payers[min(int(dice.expovariate(1 / 5)), PAYERS - 1)]
            case.first = case.denial = case.latest = answer
        Case.objects.bulk_create(some)


def _remittance(owner: Organization, claims: int) -> Remittance:
    file = File.objects.create(
        organization=owner,
        sha256="0" * 64,
        name="many.835",
        size=1,
        state=FileState.READ,
        received_at=datetime.now(UTC),
    )
    payer = Payer.objects.create(organization=owner, key="MANY", name="Payer of many", line_of_business="commercial")
    return Remittance.objects.create(
        organization=owner,
        file=file,
        payer=payer,
        transaction=1,
        trace_number="1",
        claims=claims,
        charge=Decimal(0),
        separators="*:~^",
    )


def _case(owner: Organization, number: int, today: date, dice: random.Random, closed: float) -> Case:
    sort, cause, codes, action, kind = dice.choice(SORTS)
    denied = Decimal(round(dice.lognormvariate(5.6, 1.2) * 100)).scaleb(-2)
    expected = (denied * Decimal(dice.randrange(80)) / 100).quantize(Decimal("0.01"))
    opened = today - timedelta(days=dice.randrange(200))
    return Case(
        organization=owner,
        key=f"K/{number}",
        answers=1,
        redenied=dice.random() < 0.04,
        state=dice.choice(State.values[1:]) if dice.random() < closed else State.OPEN,
        kind=kind,
        control_number=f"FH-{100000 + number}",
        patient=f"{dice.choice(LAST)}, {dice.choice(FIRST)}",
        line_of_business="commercial",
        service_from=opened - timedelta(days=dice.randrange(10, 60)),
        type=sort,
        cause=cause,
        department="billing",
        preventable=dice.choice(("yes", "partly", "no", "unclear")),
        codes=codes,
        action=action,
        deadline=None if dice.random() < 0.05 else opened + timedelta(days=dice.choice((30, 90, 180, 365))),
        deadline_kind="appeal_1",
        charge=denied,
        denied=denied,
        expected=expected,
        score=expected * dice.randrange(1, 3),
        opened=opened,
    )


def _answer(case: Case, remittance: Remittance) -> Adjudication:
    return Adjudication(
        organization=case.organization,
        remittance=remittance,
        key=case.key,
        control_number=case.control_number,
        payer_control_number=f"ICN{case.control_number}",
        status="1",
        kind=case.kind,
        day=case.opened,
        position=1,
        charge=case.charge,
        paid=Decimal(0),
        denied=case.denied,
        start=0,
        end=1,
    )
