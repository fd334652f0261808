"""Remittances as files: judged by two strangers and our own reader, and read back to the cent, for every payer."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from reclaim.world.model import Adjust, Answer, Cents, Claim, Denied, LineAnswer, Payer
from reclaim.world.payers import payers
from reclaim.world.remit import Bundler, ProviderAdjustment, Remittance, in_files
from reclaim.world.x835 import control_number_as_returned, remittance_file, written
from tests import judges
from tests.world import worlds
from tests.x12.build import Answer as Read
from tests.x12.build import read

PAYERS = dict(payers())
ENTITIES = (worlds.GROUP, worlds.HOSPITAL)
EVERY = pytest.mark.parametrize("payer", PAYERS.values(), ids=list(PAYERS))


@EVERY
def test_every_file_passes_every_judge(payer: Payer) -> None:
    for data in files(answers(payer), payer):
        assert judges.pyx12_errors(data) == []
        assert judges.oxedi_diagnostics(data) == []
        assert judges.our_findings(data) == []


@EVERY
def test_what_is_written_is_read_back_to_the_cent(payer: Payer) -> None:
    made = remittances(answers(payer), payer)
    sent = [answer for each in made for answer in each.answers]
    back = [read(remittance_file(each, payer, 7, PAYERS)) for each in in_files(made, payer)]

    claims = rows(back, "claims", "control_number", "status", "charge", "paid", "payer_control_number")
    assert claims == [
        (control_number_as_returned(each.claim, payer), each.status, dollars(each.charge), dollars(each.paid),
         each.payer_control_number)
        for each in sent
    ]  # fmt: skip
    assert rows(back, "lines", "charge", "paid") == [
        (dollars(line.paid + sum(each.cents for each in line.adjustments)), dollars(line.paid))
        for each in sent
        for line in each.lines
    ]
    adjusted = [(each.group, each.carc, dollars(each.cents)) for answer in sent for each in reasons(answer)]
    assert sorted(rows(back, "adjustments", "group", "carc", "amount")) == sorted(adjusted)
    assert rows(back, "payments", "amount") == [(dollars(each.amount),) for each in made]
    assert rows(back, "provider_adjustments", "reason", "amount") == [
        (each.reason, dollars(each.cents)) for remittance in made for each in remittance.adjustments
    ]


@EVERY
def test_rows_for_the_truth_say_where_each_claim_stands(payer: Payer) -> None:
    for file in in_files(remittances(answers(payer), payer), payer):
        back = read(remittance_file(file, payer, 1, PAYERS))
        traces = dict(back.rows("traces", "transaction", "trace_number"))
        found = [
            (transaction, traces[transaction], claim, number, paid)
            for transaction, claim, number, paid in back.rows(
                "claims", "transaction", "claim", "control_number", "paid"
            )
        ]
        assert found == [
            (each.transaction, each.trace_number, each.position, each.control_number, dollars(each.answer.paid))
            for each in written(file, payer)
        ]


def test_the_file_has_the_separators_and_line_breaks_of_its_payer() -> None:
    odd = replace(PAYERS["LANTERN"].habits, element="|", component=">", repetition="!", segment="'", line_break="\r\n")
    payer = replace(PAYERS["LANTERN"], habits=odd)
    (data, *_) = files(answers(payer), payer)

    assert data.startswith(b"ISA|00|")
    assert data.endswith(b"'\r\n")
    assert b"|HC>99213>25|" in data
    assert not set(b"*:~^") & set(data)
    assert judges.pyx12_errors(data) == []


def test_names_lose_the_separators_that_they_hold() -> None:
    payer = PAYERS["CARDINAL"]
    patient = replace(worlds.PATIENT, last="O'Ha|re*~", first="Al:ma")
    (data,) = files([answered(claim(payer, patient=patient))], payer)

    assert b"|O'HARE|ALMA|" in data
    assert judges.our_findings(data) == []


@pytest.mark.parametrize(
    ("habit", "returned"), [("kept", "Wf-000001-abcdef"), ("upper", "WF-000001-ABCDEF"), ("cut", "Wf-000001-ab")]
)
def test_a_control_number_comes_back_as_the_payer_has_it(habit: str, returned: str) -> None:
    payer = with_habits("HARBOR", control_number=habit)
    sent = claim(payer, control_number="Wf-000001-abcdef")
    (data,) = files([answered(sent)], payer)

    assert read(data).rows("claims", "control_number") == [(returned,)]
    assert control_number_as_returned(sent, payer) == returned


@pytest.mark.parametrize(
    ("habit", "at_claim", "at_lines"),
    [
        ("line", ["MA01"], ["N382", "N130"]),
        ("claim", ["MA01", "N382", "N130"], []),
        ("both", ["MA01", "N382", "N130"], ["N382", "N130"]),
    ],
)
def test_remarks_stand_where_the_payer_puts_them(habit: str, at_claim: list[str], at_lines: list[str]) -> None:
    payer = with_habits("HARBOR", remarks_at=habit)
    (data,) = files([denied(claim(payer), ["MA01"], "N382", "N130")], payer)

    assert remarks_at_claim(read(data)) == at_claim
    assert [code for (code,) in read(data).rows("remarks", "remark")] == at_lines


def test_a_sixth_remark_of_a_claim_stays_at_its_line() -> None:
    payer = with_habits("HARBOR", remarks_at="claim")
    many = ["MA01", "M127", "N706", "N30", "N56"]
    (data,) = files([denied(claim(payer), many, "N382", "N130")], payer)

    assert remarks_at_claim(read(data)) == many
    assert read(data).rows("remarks", "remark") == [("N382",), ("N130",)]


def test_remarks_of_an_inpatient_claim_stand_in_mia_only() -> None:
    payer = with_habits("MEDA", remarks_at="claim")
    stay = denied(claim(payer, worlds.inpatient()), ["MA01", "N386", "N30", "N56", "M127"])
    back = read(files([stay], payer)[0])

    remarks = [f"remark_{number}" for number in range(1, 6)]
    assert back.rows("inpatient", *remarks) == [("MA01", "N386", "N30", "N56", "M127")]
    assert back.tables["outpatient"].is_empty()


def test_reasons_of_a_group_share_a_segment_of_six_and_none_is_zero() -> None:
    payer = PAYERS["HARBOR"]
    one = answered(claim(payer))
    codes = ["45", "59", "97", "B20", "131", "144", "253"]
    one.lines[0].adjustments = [
        *(Adjust("CO", code, 100) for code in codes),
        Adjust("PR", "3", 0),
        Adjust("PR", "1", 50),
    ]
    one.lines[0].paid = one.lines[0].line.charge - 750
    (data,) = files([balanced(one)], payer)

    first, second, patient, *_ = [each for each in segments(data) if each.startswith("CAS")]
    assert first == "CAS*CO*45*1**59*1**97*1**B20*1**131*1**144*1"
    assert second == "CAS*CO*253*1"
    assert patient == "CAS*PR*1*0.5"


def test_a_wrong_name_or_number_comes_back_as_sent_and_beside_it_as_the_payer_has_it() -> None:
    payer = PAYERS["CEDAR"]
    typed = claim(payer, member_id="QB1000202")
    named = claim(payer, id="C9", control_number="WF-9", last_name="Penyroyal")
    back = read(files([answered(typed), answered(named)], payer)[0])

    names = [row for row in back.rows("names", "role", "last_name", "first_name", "id") if row[0] in {"QC", "74"}]
    assert names == [
        ("QC", "PENNYROYAL", "IVO", "QB1000202"),
        ("74", None, None, "QB1000200"),
        ("QC", "PENYROYAL", "IVO", "QB1000200"),
        ("74", "PENNYROYAL", "IVO", None),
    ]


def test_a_crossover_names_the_next_payer() -> None:
    payer = PAYERS["MEDB"]
    over = replace(answered(claim(payer)), status="19", crosses_to="ELDER")
    back = read(files([over], payer)[0])

    elder = PAYERS["ELDER"]
    assert ("TT", elder.name, elder.payer_id) in back.rows("names", "role", "last_name", "id")


def test_a_correction_with_a_new_number_refers_to_the_old_one() -> None:
    payer = PAYERS["HARBOR"]
    first = answered(claim(payer))
    back = read(files([replace(first, payer_control_number="NEW1"), reversal(first)], payer)[0])

    assert [number for _, number in back.rows("claims", "status", "payer_control_number")] == ["ICNC1", "NEW1"]
    assert ("F8", "ICNC1") in back.rows("references", "qualifier", "reference")


def test_a_reversal_turns_every_amount_and_says_nothing_of_the_patient() -> None:
    payer = PAYERS["HARBOR"]
    first = answered(claim(payer))
    back = read(files([reversal(first), answered(claim(payer, id="C7", control_number="WF-7"))], payer)[0])

    owed = dollars(first.patient_responsibility)
    assert back.rows("claims", "charge", "patient_responsibility") == [
        (dollars(-first.charge), None),
        (dollars(first.charge), owed),
    ]
    assert [charge for (charge,) in back.rows("lines", "charge")][:2] == [Decimal(-150), Decimal("-210.5")]


def test_lines_carry_their_revenue_code_units_number_and_policy() -> None:
    payer = PAYERS["MEDA"]
    visit = denied(claim(payer, worlds.outpatient()), [])
    visit.lines[0].policy = "L33610"
    (data,) = files([visit], payer)

    svc = [each for each in segments(data) if each.startswith("SVC")]
    assert svc == ["SVC*HC:99284:25*980*0*0450*0**1", "SVC*HC:71046*310.05*0*0324*0**1", "SVC*NU:0250*40*0**0**3"]
    references = read(data).rows("references", "qualifier", "reference")
    assert [row for row in references if row[0] in {"6R", "0K"}] == [
        ("6R", "L1"),
        ("0K", "L33610"),
        ("6R", "L2"),
        ("6R", "L3"),
    ]


def test_medicare_part_a_sums_its_claims_by_bill_type() -> None:
    payer = PAYERS["MEDA"]
    claims = [worlds.outpatient(), worlds.inpatient(), worlds.outpatient(id="C8", control_number="WF-8")]
    made = [answered(claim(payer, each)) for each in claims]
    back = read(files(made, payer)[0])

    sums = back.rows("provider_summaries", "facility_type", "claims", "charge")
    stay, visits = made[1].charge, made[0].charge + made[2].charge
    assert sums == [("11", Decimal(1), dollars(stay)), ("13", Decimal(2), dollars(visits))]


def test_a_denial_for_coverage_that_was_over_says_when_it_ended() -> None:
    payer = PAYERS["HARBOR"]
    over = replace(worlds.INSURED, until=date(2026, 1, 31))
    back = read(files([denied(claim(payer, coverage=over), [])], payer)[0])

    assert ("036", date(2026, 1, 31)) in back.rows("dates", "qualifier", "date")


def test_a_denial_without_lines_says_the_dates_of_service_at_the_claim() -> None:
    payer = PAYERS["HARBOR"]
    with_lines, without = (files([one], payer)[0] for one in (answered(claim(payer)), whole(claim(payer))))

    assert read(with_lines).rows("dates", "qualifier", "date")[1:] == [
        ("050", worlds.SENT),
        ("472", worlds.DAY),
        ("472", worlds.DAY),
    ]
    assert read(without).rows("dates", "qualifier", "date")[1:] == [
        ("232", worlds.DAY),
        ("233", worlds.DAY),
        ("050", worlds.SENT),
    ]


def test_amounts_say_what_is_covered_what_is_allowed_and_what_was_late() -> None:
    payer = PAYERS["MEDB"]
    one = part(answered(claim(payer)))
    one.interest, one.lines[0].paid = 130, 7_056
    one.lines[0].adjustments.append(Adjust("CO", "253", 144))
    one.denied = Denied("bundled_pair", None, "", "technical", "CO-97", vague=False, cents=0, rightful=True)
    back = read(files([balanced(one)], payer)[0])

    amounts = back.rows("amounts", "qualifier", "amount")
    assert amounts == [("AU", Decimal(150)), ("I", Decimal("1.3")), ("B6", Decimal(90))]


def test_who_rendered_is_named_on_professional_claims_only() -> None:
    payer = PAYERS["HARBOR"]
    visit, stay = files([answered(claim(payer)), answered(claim(payer, worlds.inpatient()))], payer)

    named = ("82", "THISTLEWOOD", worlds.PROVIDER.npi)
    assert named in read(visit).rows("names", "role", "last_name", "id")
    assert read(stay).rows("names", "role") == [("QC",)]


def test_a_denial_because_another_payer_is_first_names_that_payer() -> None:
    payer = PAYERS["HARBOR"]
    first = replace(worlds.INSURED, payer="CEDAR")
    sent = claim(payer, patient=replace(worlds.PATIENT, coverages=(first, worlds.INSURED)))
    back = read(files([primary_elsewhere(sent)], payer)[0])

    cedar = PAYERS["CEDAR"]
    assert ("PR", cedar.name, cedar.payer_id) in back.rows("names", "role", "last_name", "id")


def test_a_broken_remittance_is_found_by_its_balance_alone() -> None:
    payer = PAYERS["HARBOR"]
    made = Bundler(1, PAYERS, ENTITIES, broken=1.0).remittances(answers(payer), payer, worlds.PAID)

    assert all(each.broken for each in made)
    found = judges.our_findings(remittance_file(made, payer, 1, PAYERS))
    assert [each.rule for each in found] == ["balance-payment"] * len(made)


def test_a_payment_of_nothing_is_a_notice_and_its_shortfall_is_forwarded() -> None:
    for payer in (PAYERS[name] for name in ("HARBOR", "IRONWOOD", "LANTERN", "MEDA")):
        alone = reversal(answered(claim(payer)))
        (file,) = in_files(remittances([alone], payer), payer)
        data = remittance_file(file, payer, 1, PAYERS)
        back = read(data)

        assert judges.pyx12_errors(data) == []
        assert judges.oxedi_diagnostics(data) == []
        assert judges.our_findings(data) == []
        assert back.rows("payments", "handling", "amount", "method") == [("H", Decimal(0), "NON")]
        ((reason, amount),) = back.rows("provider_adjustments", "reason", "amount")
        assert (reason in {"FB", "WO"}, amount) == (True, dollars(alone.paid))


def test_a_check_is_sent_to_the_address_of_the_payee() -> None:
    payer = PAYERS["IRONWOOD"]
    back = read(files([answered(claim(payer))], payer)[0])

    assert back.rows("payments", "handling", "method", "payment_date") == [("I", "CHK", worlds.PAID)]
    assert ("HARTFORD", "CT", "061030012") in back.rows("addresses", "first", "second", "third")


def test_provider_adjustments_stand_six_in_a_segment() -> None:
    payer = PAYERS["HARBOR"]
    (made,) = remittances([answered(claim(payer))], payer)
    made.adjustments = [ProviderAdjustment("WO", f"ICN{number}", 100) for number in range(8)]
    made.amount -= 800
    data = remittance_file([made], payer, 1, PAYERS)

    assert [each.count("WO:") for each in segments(data) if each.startswith("PLB")] == [6, 2]
    assert judges.oxedi_diagnostics(data) == []  # pyx12 takes the second for a second summary: its map's mistake
    assert judges.our_findings(data) == []


def test_no_two_payers_write_under_the_same_name_or_number() -> None:
    heads = [read(files([answered(claim(payer))], payer)[0]) for payer in PAYERS.values()]

    assert len(set(rows(heads, "traces", "originator"))) == len(PAYERS)
    parties = {row[:3] for row in rows(heads, "parties", "name", "id", "role") if row[2] == "PR"}
    assert len(parties) == len(PAYERS)


def test_the_reader_used_here_sees_what_is_wrong() -> None:
    payer = PAYERS["HARBOR"]
    (data, *_) = files(answers(payer), payer)
    wrong = data.replace(b"CLP*WF-000011*1*360.5*0*", b"CLP*WF-000011*1*360.5*1*")

    assert wrong != data
    assert {each.rule for each in judges.our_findings(wrong)} == {"balance-claim", "balance-payment"}


LINES = [worlds.line(number, f"9921{number}", 9_000 + 17 * number) for number in range(1, 4)]


def answers(payer: Payer) -> list[Answer]:
    """One of everything that a payer may answer."""
    visit = answered(claim(payer))
    first = answered(claim(payer, id="C10", control_number="WF-000010"))
    other = replace(worlds.INSURED, payer="HARBOR" if payer.id != "HARBOR" else "CEDAR")
    elsewhere = replace(worlds.PATIENT, coverages=(other, worlds.INSURED))
    plan = replace(worlds.INSURED, plan=payer.plans[-1])
    over = replace(worlds.INSURED, until=date(2026, 1, 31))
    reverse = reversal(first)
    made = [
        visit,
        denied(claim(payer, id="C11", control_number="WF-000011"), ["MA01"], "N382", "N130"),
        part(answered(claim(payer, id="C12", control_number="WF-000012"))),
        whole(claim(payer, id="C13", control_number="WF-000013")),
        answered(claim(payer, worlds.outpatient())),
        denied(claim(payer, worlds.outpatient(id="C14", control_number="WF-000014")), ["N706"], "M127"),
        answered(claim(payer, worlds.inpatient())),
        whole(claim(payer, worlds.inpatient(id="C15", control_number="WF-000015"))),
        replace(answered(claim(payer, worlds.corrected(id="C10"))), payer_control_number="ICNC10R"),
        reverse,
        replace(answered(claim(payer, id="C16", control_number="WF-000016")), status="19", crosses_to="ELDER"),
        answered(claim(payer, id="C17", control_number="WF-000017", member_id="QB1000201", last_name="Penyroyal")),
        denied(claim(payer, id="C18", control_number="WF-000018", coverage=over), []),
        primary_elsewhere(claim(payer, id="C19", control_number="WF-000019", patient=elsewhere)),
        replace(answered(claim(payer, id="C20", control_number="WF-000020")), interest=1_234),
        answered(claim(payer, id="C21", control_number="WF-000021", coverage=plan)),
        estimate(answered(claim(payer, worlds.inpatient(id="C22", control_number="WF-000022")))),
        second(answered(claim(payer, worlds.secondary(id="C23", control_number="WF-000023")))),
        replace(visit, claim=claim(payer, id="C24", control_number="WF-000024", patient=worlds.SENIOR)),
    ]
    return list(map(balanced, made))


def claim(payer: Payer, plain: Claim | None = None, **changes: object) -> Claim:
    """A claim that was sent to this payer."""
    return replace(plain or worlds.professional(), payer=payer, **changes)  # type: ignore[arg-type]


def answered(sent: Claim) -> Answer:
    return worlds.answered(sent)


def denied(sent: Claim, at_claim: list[str], *at_lines: str) -> Answer:
    """All lines denied: CO-16 with these remarks, one at each line."""
    one = answered(sent)
    for number, line in enumerate(one.lines):
        line.paid = 0
        line.adjustments = [Adjust("CO", "16", line.line.charge)]
        line.remarks = list(at_lines[number : number + 1])
        line.denied = line.line.charge
    one.remarks = at_claim
    one.denied = Denied("member_id_wrong", None, "", "technical", "CO-16", vague=False, cents=0, rightful=True)
    return balanced(one)


def part(one: Answer) -> Answer:
    """The last line denied."""
    line = one.lines[-1]
    line.paid, line.denied, line.remarks = 0, line.line.charge, ["N56"]
    line.adjustments = [Adjust("CO", "97", line.line.charge)]
    return one


def whole(sent: Claim) -> Answer:
    """Denied at the claim, with no lines."""
    one = denied(sent, ["N382"])
    return replace(one, lines=[], adjustments=[Adjust("CO", "16", sent.charge)])


def primary_elsewhere(sent: Claim) -> Answer:
    one = denied(sent, ["MA04"])
    assert one.denied
    one.denied.cause = "other_payer_primary"
    return one


def estimate(one: Answer) -> Answer:
    """A predetermination pays nothing."""
    for line in one.lines:
        line.adjustments.append(Adjust("OA", "101", line.paid))
        line.paid = 0
    return replace(one, status="25")


def second(one: Answer) -> Answer:
    """What the first payer paid and took stands in OA-23."""
    for line in one.lines:
        line.adjustments = [Adjust("OA", "23", line.line.charge - 500)]
        line.paid = 500
    return replace(one, status="2")


def reversal(first: Answer) -> Answer:
    """The undoing of an answer."""

    def turned(rows: Sequence[Adjust]) -> list[Adjust]:
        return [replace(each, cents=-each.cents) for each in rows]

    lines = [LineAnswer(each.line, -each.paid, turned(each.adjustments)) for each in first.lines]
    return replace(
        first, status="22", charge=-first.charge, paid=-first.paid, patient_responsibility=0, lines=lines,
        adjustments=turned(first.adjustments), reverses=first, interest=0,
    )  # fmt: skip


def balanced(one: Answer) -> Answer:
    """The totals of an answer as its lines and reasons make them."""
    one.paid = one.charge - sum(each.cents for each in reasons(one))
    if one.status != "22":
        one.patient_responsibility = sum(each.cents for each in reasons(one) if each.group == "PR")
    if one.denied:
        one.denied.cents = sum(line.denied for line in one.lines) or one.charge
    return one


def reasons(one: Answer) -> list[Adjust]:
    every = [*one.adjustments, *(each for line in one.lines for each in line.adjustments)]
    return [each for each in every if each.cents]


def with_habits(payer: str, **changes: object) -> Payer:
    return replace(PAYERS[payer], habits=replace(PAYERS[payer].habits, **changes))  # type: ignore[arg-type]


def remittances(sent: Sequence[Answer], payer: Payer) -> list[Remittance]:
    return Bundler(1, PAYERS, ENTITIES).remittances(sent, payer, worlds.PAID)


def files(sent: Sequence[Answer], payer: Payer) -> list[bytes]:
    return [remittance_file(each, payer, 42, PAYERS) for each in in_files(remittances(sent, payer), payer)]


def segments(data: bytes) -> list[str]:
    """The segments of a file with the usual separators."""
    return [each.strip() for each in data.decode().split("~")]


def rows(back: Sequence[Read], table: str, *columns: str) -> list[tuple[object, ...]]:
    """Some columns of a table, over all files."""
    return [row for each in back for row in each.rows(table, *columns)]


def remarks_at_claim(back: Read) -> list[str]:
    found = back.rows("outpatient", *(f"remark_{number}" for number in range(1, 6)))
    return [each for row in found for each in row if each]


def dollars(cents: Cents) -> Decimal:
    return Decimal(cents).scaleb(-2)
