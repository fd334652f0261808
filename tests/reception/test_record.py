"""What the record holds of a file: its remittances, its denied lines; in few queries, however many there are."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from reclaim import reception
from reclaim.desk.models import Case, Stage, State, Waiting
from reclaim.desk.priorities import RAISED
from reclaim.people.models import Organization
from reclaim.record.models import Adjudication, DeniedLine, File, Payer, Remittance
from tests.reception.written import ACKNOWLEDGMENT, DENIED, PAID, file, received, remittance

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _place(settings: Settings, tmp_path: Path) -> None:
    settings.DATA = tmp_path / "data"
    settings.FILES, settings.LAKE = settings.DATA / "files", settings.DATA / "lake"


PAID_LINE = "SVC*HC:99214:25:59*100*80**1~CAS*CO*45*20~"
DENIED_LINE = "SVC*HC:97110:GP*200*0**2.5~DTM*472*20260828~CAS*CO*197*200~REF*6R*A1.2~LQ*HE*M62~"
LINES = {
    "one of two lines": (
        "CLP*A1*1*300*80**12*P1~" + PAID_LINE + DENIED_LINE,
        [(2, "A1.2", "97110", "GP", "", 2.5, date(2026, 8, 28), "200.00", "200.00", "CO-197 M62")],
    ),
    "an institutional line": (
        "CLP*A1*1*100*0**12*P1~SVC*NU:0450*100*0**1~CAS*CO*50*100~",
        [(1, "", "0450", "", "0450", 1.0, None, "100.00", "100.00", "CO-50")],
    ),
    "the claim level, alerts left out": (
        "CLP*A1*4*100*0**12*P1~CAS*CO*29*100~MOA***N211*MA01~",
        [(0, "", "", "", "", None, None, None, "100.00", "CO-29 N211")],
    ),
    "codes that deny nothing stay out": (
        "CLP*A1*1*100*0*10*12*P1~SVC*HC:99214*100*0**1~CAS*CO*197*70*1*45*20~CAS*PR*3*10~",
        [(1, "", "99214", "", "", 1.0, None, "100.00", "70.00", "CO-197")],
    ),
    "nothing denied": (PAID.format("A1"), []),
}


@pytest.mark.parametrize("name", LINES)
def test_denied_lines_are(organization: Organization, name: str) -> None:
    claim, expected = LINES[name]
    received(organization, file(remittance("T1", [claim])))
    shown = ("number", "control_number", "procedure", "modifiers", "revenue_code", "units", "service_from")
    rows = DeniedLine.objects.order_by("number").values_list(*shown, "charge", "denied", "codes")
    assert [(*row[:7], row[7] and str(row[7]), str(row[8]), row[9]) for row in rows] == expected


def test_denied_lines_go_with_their_file(organization: Organization) -> None:
    kept = received(organization, file(remittance("T1", [DENIED.format("A1")])))
    before = DeniedLine.objects.get()
    reception.reprocess(kept, None)
    assert DeniedLine.objects.get() == before
    reception.sweep()
    after = DeniedLine.objects.get()
    assert after.pk != before.pk
    assert after.adjudication_id == before.adjudication_id


def test_a_long_row_of_codes_is_cut_between_codes(organization: Organization) -> None:
    remarks = "".join(f"LQ*HE*M{number}~" for number in range(10, 90))
    received(organization, file(remittance("T1", ["CLP*A1*1*9*0**12*P1~SVC*HC:99214*9*0~CAS*CO*16*9~" + remarks])))
    for codes in (Case.objects.get().codes, DeniedLine.objects.get().codes):
        assert 190 < len(codes) <= 200
        assert {len(code) for code in codes.split()} == {3, 5}


def test_remittances_stand_where_their_transactions_stand_in_the_file(organization: Organization) -> None:
    first, second = (remittance(trace, [PAID.format(trace)]) for trace in ("T1", "T2"))
    kept = received(organization, file(ACKNOWLEDGMENT, first, ACKNOWLEDGMENT, second))
    assert kept.transactions == 4
    assert list(Remittance.objects.order_by("id").values_list("trace_number", "transaction")) == [("T1", 2), ("T2", 4)]


def test_a_remittance_that_lacks_its_payment_segment_is_recorded(organization: Organization) -> None:
    kept = received(organization, file(remittance("T1", [DENIED.format("A1")], payment="")))
    assert (kept.claims, kept.denied_claims) == (1, 1)
    assert Remittance.objects.get().amount is None
    assert Case.objects.get().control_number == "A1"


PROVIDER_ADJUSTMENT = "PLB*1999999984*20261231*L6*-12.5~"


def test_a_remittance_without_claims_is_recorded_with_its_payment(organization: Organization) -> None:
    """Interest or a settlement is paid beside all claims: PLB alone."""
    alone = remittance("T2", [PROVIDER_ADJUSTMENT], payment="BPR*I*12.5*C*ACH{}{}~")
    kept = received(organization, file(remittance("T1", [DENIED.format("A1")]), alone))
    assert (kept.transactions, kept.claims, kept.denied_claims, kept.balanced) == (2, 1, 1, True)
    told = Remittance.objects.order_by("id").values_list("transaction", "trace_number", "amount", "claims", "charge")
    assert list(told) == [(1, "T1", 0, 1, 100), (2, "T2", Decimal("12.5"), 0, 0)]
    again = received(organization, file(alone, number=2), "two.835")
    assert "already read from one.835" in repeated(again)
    assert Remittance.objects.count() == 2


def test_a_trace_number_with_other_claims_is_counted_and_said(organization: Organization) -> None:
    one, two = remittance("T1", [PAID.format("A1")]), remittance("T1", [PAID.format("A1"), PAID.format("A2")])
    received(organization, file(one))
    other = received(organization, file(two, number=2), "two.835")
    assert other.claims == 2
    assert "already read from one.835, but with other claims: both are counted" in repeated(other)
    third = received(organization, file(two, number=3), "three.835")
    assert third.claims == 0
    assert "already read from two.835, with the same claims: it is not counted again" in repeated(third)


def repeated(kept: File) -> str:
    (said,) = [each["text"] for each in kept.findings if each["rule"] == "remittance-repeated"]
    return str(said)


def test_a_remittance_twice_in_one_file_is_counted_once(organization: Organization) -> None:
    kept = received(organization, file(*[remittance("T1", [DENIED.format("A1")])] * 2))
    assert (kept.claims, kept.denied_claims, Remittance.objects.count(), Case.objects.count()) == (1, 1, 1, 1)


def test_a_claim_denied_in_two_pieces_is_one_denial(organization: Organization) -> None:
    """Only the last piece's $21 were shown, as denied again."""
    pieces = [
        "CLP*A1*1*21*0**12*P1~SVC*HC:81002*21*0~DTM*472*20260828~CAS*CO*197*21~",
        "CLP*A1*1*140*0**12*P2~SVC*HC:99214*140*0~DTM*472*20260828~CAS*CO*50*140~",
    ]
    received(organization, file(remittance("T1", pieces)))
    case = Case.objects.get()
    assert (case.denied, case.charge, case.kind, case.redenied) == (Decimal(161), Decimal(161), "denied", False)
    assert case.denial
    assert (case.codes, case.answers, case.denial.payer_control_number) == ("CO-50", 2, "P2")
    paid = pieces[1].replace("140*0", "140*90").replace("CAS*CO*50*140", "CAS*CO*45*50")
    received(organization, file(remittance("T2", [paid], "20260930"), number=2))
    case.refresh_from_db()
    assert (case.state, case.kind, case.denied, case.codes) == ("open", "denied_in_part", Decimal(21), "CO-197")
    assert (case.recovered, case.charge) == (Decimal(90), Decimal(161))


def test_organizations_do_not_share(organization: Organization, other_organization: Organization) -> None:
    for each in (organization, other_organization):
        assert received(each, file(remittance("T1", [DENIED.format("A1")]))).claims == 1
        assert DeniedLine.objects.filter(organization=each).count() == 1
    assert Payer.objects.count() == 2


def many_remittances(count: int) -> list[bytes]:
    return [file(*(remittance(f"T{count}.{each}", [DENIED.format(f"{count}.{each}")]) for each in range(count)))]


def many_chains(count: int) -> list[bytes]:
    """Denied, paid, taken back: the last is read again from bytes of an earlier file when the reversal comes first."""
    names = [f"{count}.{each}" for each in range(count)]
    denied = [DENIED.format(name) for name in names]
    reversed_ = [f"CLP*{name}*22*-100*-80**12*P{name}~SVC*HC:99214*-100*-80**1~CAS*CO*45*-20~" for name in names]
    paid = [PAID.format(name) for name in names]
    return [
        file(remittance(f"R{count}", reversed_, "20260930"), number=1),
        file(remittance(f"P{count}", paid, "20260920"), number=2),
        file(remittance(f"D{count}", denied, "20260910"), number=3),
    ]


@pytest.mark.parametrize("make", [many_remittances, many_chains])
def test_queries_do_not_grow_with_what_comes(
    organization: Organization, make: Callable[[int], Sequence[bytes]]
) -> None:
    counts = []
    for count in (2, 30):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            for data in make(count):
                received(organization, data)
        counts.append(len([each for each in queries if "RELEASE" not in each["sql"]]))
    assert abs(counts[1] - counts[0]) <= 3, counts


def test_a_chain_comes_to_the_same_whatever_came_first(
    organization: Organization, other_organization: Organization
) -> None:
    shown = ("key", "state", "kind", "denied", "recovered", "opened", "resolved", "answers", "codes", "score")
    for each, files in ((organization, many_chains(3)), (other_organization, many_chains(3)[::-1])):
        for data in files:
            received(each, data)
    one, other = (
        list(Case.objects.filter(organization=each).order_by("key").values_list(*shown))
        for each in (organization, other_organization)
    )
    assert one == other
    assert [row[2] for row in one] == ["takeback"] * 3
    assert Adjudication.objects.filter(organization=organization).count() == 9
    assert {row[4] for row in one} == {Decimal(0)}


def taken_back(organization: Organization) -> list[tuple[object, ...]]:
    """Denied lines of reversals, and what the reversal as a whole says is denied."""
    rows = DeniedLine.objects.filter(organization=organization, adjudication__status="22").order_by("adjudication_id")
    shown = ("number", "procedure", "service_from", "charge", "denied", "adjudication__denied")
    return list(rows.values_list(*shown))


def test_a_takeback_has_the_lines_that_were_taken_back_until_something_replaces_it(organization: Organization) -> None:
    reversal = "CLP*{0}*22*-100*-80**12*P{0}~SVC*HC:99214*-100*-80**1~DTM*472*20260828~CAS*CO*45*-20~"
    lines = [(1, "99214", date(2026, 8, 28), Decimal(100), Decimal(80), Decimal(80))]
    case = answer(organization, reversal, "20260910")
    assert (case.kind, case.denied, taken_back(organization)) == ("takeback", Decimal(80), lines)
    reception.reprocess(File.objects.get(), None)
    reception.sweep()
    assert (Case.objects.get(), taken_back(organization)) == (case, lines)
    replaced = answer(organization, DENIED, "20260920")
    assert (replaced.kind, replaced.denied, taken_back(organization)) == ("takeback", Decimal(100), [])
    assert not Adjudication.objects.filter(status="22", denied__gt=0).exists()


def decided(**fields: object) -> Case:
    """The case of A1 after a person did something to it."""
    Case.objects.update(worked_at=datetime.now(UTC), **fields)
    return Case.objects.get()


def answer(organization: Organization, claim: str, day: str) -> Case:
    """Another answer to A1 comes in."""
    received(organization, file(remittance(f"T{day}", [claim.format("A1")], day), number=int(day[-4:])))
    return Case.objects.get()


def test_what_a_person_decided_holds_until_the_payer_answers_again(organization: Organization) -> None:
    first = answer(organization, DENIED, "20260910")
    case = decided(state=State.WRITTEN_OFF, resolved=date(2026, 9, 12), decided_on=first.latest_id)
    late = answer(organization, DENIED, "20260905")
    assert (late.state, late.resolved, late.answers) == (State.WRITTEN_OFF, case.resolved, 2)
    assert late.version == case.version + 1
    paid = answer(organization, PAID, "20260920")
    assert (paid.state, paid.resolved, paid.decided_on) == (State.RECOVERED, date(2026, 9, 20), None)
    again = answer(organization, DENIED, "20260930")
    assert (again.state, again.stage, again.redenied) == (State.OPEN, Stage.NEW, True)


@pytest.mark.parametrize(("stage", "then"), [(Stage.SENT, Stage.NEW), (Stage.APPROVAL, Stage.APPROVAL)])
def test_a_new_denial_wakes_the_case(organization: Organization, stage: Stage, then: Stage) -> None:
    answer(organization, DENIED, "20260910")
    decided(stage=stage, waiting=Waiting.ANSWER, until=date(2026, 12, 1))
    assert answer(organization, DENIED, "20260920").stage == then


@pytest.mark.parametrize(("codes", "kept"), [("CO-197 M62", True), ("CO-50", False)])
def test_a_cause_that_a_person_set_stays_while_the_codes_do(organization: Organization, codes: str, kept: bool) -> None:
    rules = answer(organization, DENIED, "20260910").cause
    decided(cause="registration", overruled=codes, raised=True)
    case = answer(organization, DENIED, "20260920")
    assert (case.cause, case.overruled) == (("registration", codes) if kept else (rules, ""))
    assert case.score > RAISED


@pytest.mark.parametrize(("worked_at", "left"), [(None, 0), (datetime(2026, 9, 12, tzinfo=UTC), 1)])
def test_a_case_that_was_none_is_forgotten_unless_people_worked_on_it(
    organization: Organization, worked_at: datetime | None, left: int
) -> None:
    """A reversal alone is a takeback, until the payment that replaced it comes."""
    answer(organization, "CLP*{0}*22*-100*-80**12*P{0}~SVC*HC:99214*-100*-80**1~CAS*CO*45*-20~", "20260910")
    Case.objects.update(worked_at=worked_at)
    received(organization, file(remittance("TL", [PAID.format("A1")], "20260930")))
    assert Case.objects.filter(state=State.CLOSED).count() == left
    assert Case.objects.count() == left


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's own indexes serve this")
def test_postgresql_finds_names_by_their_beginning(organization: Organization) -> None:
    named = [
        DENIED.format(name).replace("SVC*", f"NM1*QC*1*{name}*JANE~SVC*") for name in map("DOE{}".format, range(500))
    ]
    received(organization, file(remittance("T1", named)))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE desk_case")
    cases = Case.objects.filter(organization=organization)
    for field in ("patient", "control_number"):
        assert f"case_by_beginning_of_{field}" in cases.filter(**{f"{field}__startswith": "DOE77"}).explain()
