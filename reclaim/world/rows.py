"""What happens in the world as rows of its truth; `world.tables` says what each column holds."""

from collections.abc import Iterable, Sequence
from datetime import date

from reclaim.world import outcomes
from reclaim.world.diary import Sending
from reclaim.world.model import Acknowledged, Answer, Denied
from reclaim.world.office import Work
from reclaim.world.outcomes import Option
from reclaim.world.remit import Remittance
from reclaim.world.tables import Answers, Denials, Options, Remittances, Submissions, Works
from reclaim.world.x835 import Written


def denial(answer: Answer, denied: Denied, evidence: float) -> Denials:
    """A denial, and its true cause."""
    claim, fault = answer.claim, denied.fault
    return Denials(
        answer=answer.key,
        claim=claim.id,
        day=answer.day,
        payer=claim.payer.id,
        line_of_business=claim.payer.line_of_business,
        first=answer.because == "first",
        kind=answer.kind,
        cause=denied.cause,
        element=fault.element if fault else "",
        line=fault.line if fault else 0,
        who=fault.who if fault else claim.payer.id,
        event=fault.event if fault else "",
        rule=denied.rule,
        type=denied.type,
        codes=denied.codes,
        vague=denied.vague,
        rightful=denied.rightful,
        denied_cents=denied.cents,
        evidence=evidence,
    )


def work(done: Work, outcome: str, day: date, recovered: int) -> Works:
    """What the office did about a denial, and what came of it; cents."""
    return Works(
        answer=done.key,
        claim=done.claim,
        attempt=done.attempt,
        action=done.action,
        day=done.day,
        who=done.who,
        minutes=done.minutes,
        chance=outcomes.chance_on(done.option, done.day),
        outcome=outcome,
        answer_day=day,
        recovered_cents=recovered,
        reason=done.reason,
    )


def submission(
    sending: Sending, sent: tuple[str, date], acknowledged: Acknowledged, acknowledgement: str
) -> Submissions:
    """One claim as sent, and what the front door said of it."""
    claim, (file, day) = sending.claim, sent
    return Submissions(
        file=file,
        day=day,
        claim=claim.id,
        control_number=claim.control_number,
        form=claim.form,
        payer=claim.payer.id,
        frequency=claim.frequency,
        order=claim.order,
        round=claim.round,
        why=sending.why,
        charge_cents=claim.charge,
        acknowledged=acknowledged.day,
        acknowledgement=acknowledgement,
        accepted=acknowledged.accepted,
        category=acknowledged.category,
        status=acknowledged.status,
        payer_control_number=acknowledged.payer_control_number,
        fault=acknowledged.fault.kind if acknowledged.fault else "",
    )


def options(answer: str, every: Iterable[Option]) -> Iterable[Options]:
    """All that could be done about a denial, with the truth of each."""
    for each in every:
        yield Options(
            *(answer, each.action, each.minutes, each.deadline, each.chance_at_once, each.half_life),
            *(each.luck, each.would, each.recovers),
        )


def payments(name: str, together: Sequence[Remittance]) -> Iterable[Remittances]:
    """The remittances of a file."""
    for number, each in enumerate(together, 1):
        yield Remittances(
            *(name, number, each.trace_number, each.payer.id, each.entity.id, each.day, each.amount, each.method),
            *(len(each.answers), each.off),
        )


def answer(name: str, written: Written) -> Answers:
    """One claim of a file of remittances."""
    said, claim = written.answer, written.answer.claim
    return Answers(
        answer=said.key,
        file=name,
        transaction=written.transaction,
        trace_number=written.trace_number,
        position=written.position,
        control_number=written.control_number,
        claim=claim.id,
        payer=claim.payer.id,
        order=claim.order,
        day=said.day,
        received=said.received,
        status=said.status,
        kind=said.kind,
        charge_cents=said.charge,
        paid_cents=said.paid,
        patient_cents=said.patient_responsibility,
        denied_cents=said.denied.cents if said.denied else 0,
        interest_cents=said.interest,
        part=said.part,
        because=said.because,
        reverses=said.reverses.key if said.reverses else "",
    )
