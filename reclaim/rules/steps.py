"""Says one step of a plan in words that name the codes of this very denial, with the reasons for it."""

from collections.abc import Iterator
from typing import NamedTuple

from reclaim.codes import lookup
from reclaim.codes.lookup import Rarc
from reclaim.rules import handbook
from reclaim.rules.facts import Kind, Reason, Step
from reclaim.rules.handbook import Entry

_NAMED = 3
"""Elements, documents and remarks named in one text: more would hide the step."""
_DOCUMENTS = frozenset({"document_missing", "document_deficient", "document_or_info"})
_NUMBERED = frozenset({"replacement", "void_and_new"})
"""Steps that name the claim they replace by the payer's number for it."""
_BOOK = "rules/book: our own wording and domain practice"


class Situation(NamedTuple):
    """All that decides a plan; many denials share one, so that each is thought through once."""

    kind: Kind
    group: str
    carc: str
    remarks: tuple[str, ...]  # beside the deciding code
    overruling: tuple[str, ...]  # remarks anywhere in the adjudication that overrule any remedy
    cause: str
    line: str  # of business
    form: str  # professional | institutional
    numbered: bool  # the payer gave its claim control number
    appealable: bool

    @property
    def code(self) -> str:
        """The deciding code as the trade writes it, `CO-197`; empty when the payer gave none."""
        return "-".join(part for part in (self.group, self.carc) if part)

    @property
    def name(self) -> str:
        """What the case is called in a text. The codes of a reversal are those of the payment, not of the takeback."""
        return "the takeback" if self.kind is Kind.TAKEBACK else self.code or "this denial"


def step(case: Situation, name: str) -> Step:
    """One step by the name of its action, worded for this case."""
    match name:
        case "appeal":
            return Step(name, _appeal(case), (*_why(case, name), *_rights(case)))
        case "send_records":
            return Step(name, f"{_documents(case)} {_action(case, name).words}", _why(case, name))
        case "bill_patient":
            return Step(name, _bill_patient(case), _why(case, name))
        case "replacement" | "new_claim" | "void_and_new" | "reopening":
            return _sent(case, name)
    return Step(name, _led(case, knowledge(case).steps.get(name) or _action(case, name).words), _why(case, name))


def _sent(case: Situation, name: str) -> Step:
    """A claim that is sent again, with what to mind: a number that is missing, lines that are not to go along."""
    action = _action(case, name)
    texts, reasons = [_correction(case), action.words], _why(case, name)
    if name in _NUMBERED and not case.numbered:
        number = ask(case, "no_number")
        texts, reasons = [*texts, number.text], (*number.reasons, *reasons)
    if case.kind is Kind.DENIED_IN_PART:
        texts.append(action.in_part)
    return Step(name, " ".join(filter(None, texts)), reasons)


def ask(case: Situation, name: str) -> Step:
    """A question to the payer, by its name in the book."""
    question = handbook.asks()[name]
    reason = Reason(question.why, f"playbook.{name}", question.source)
    return Step("ask_payer", question.words.format(code=case.name), (reason,))


def about(case: Situation) -> Iterator[Reason]:
    """What the codes of the case say, and what to beware of."""
    if not case.kind.is_denial:
        return
    if case.carc:
        yield Reason(f"{case.code}: {lookup.carc_words(case.carc)}.", "playbook.code", "codes/carc.csv")
    for remark in case.remarks[:_NAMED]:
        yield Reason(f"{remark}: {lookup.rarc_words(remark)}.", "playbook.remark", "codes/rarc.csv")
    if trap := knowledge(case).trap:
        yield Reason(trap, "playbook.trap", _BOOK)
    if not case.appealable and not case.overruling:
        yield Reason("This denial gives no appeal rights, so no appeal is offered.", "playbook.no_appeal", _BOOK)


def knowledge(case: Situation) -> Entry:
    """What the books know of the case: of its code, or of its cause where the code says less than the remark."""
    if case.kind is Kind.SILENT:
        return handbook.of_cause("silent")
    if case.kind is Kind.TAKEBACK:
        return handbook.of_cause("recoupment")
    code, entry = lookup.carc(case.carc), handbook.entry(case.carc)
    if code is None or entry is None:
        return handbook.of_cause("unknown" if case.carc else case.cause)
    remark_decides = code.remark_required or entry.basis == "cause"
    if remark_decides and case.cause != code.cause and case.cause in handbook.causes():
        return handbook.of_cause(case.cause, code.code)
    return entry


def _action(case: Situation, name: str) -> handbook.Action:
    return handbook.action(name, case.line, case.form)


def _why(case: Situation, name: str) -> tuple[Reason, ...]:
    action = _action(case, name)
    return (Reason(action.why, f"playbook.{name}", action.source),)


def _led(case: Situation, sentence: str) -> str:
    return f"{case.code}: {sentence}" if case.name == case.code else sentence


def _appeal(case: Situation) -> str:
    level = f" ({handbook.line(case.line).appeal})" if handbook.line(case.line).appeal else ""
    lead = _action(case, "appeal").words.format(code=case.name, level=level)
    sentence = knowledge(case).steps.get("appeal", "Show why it should be paid.")
    return f"{lead} {sentence[0].lower()}{sentence[1:]}"


def _rights(case: Situation) -> Iterator[Reason]:
    for remark in _known(case.remarks):
        if words := handbook.rights().get(remark.appeal_rights):
            yield Reason(f"{remark.code}: {words}.", "playbook.rights", "codes/rarc.csv")


def _bill_patient(case: Situation) -> str:
    entry = knowledge(case)
    sentence = _led(case, entry.steps.get("bill_patient") or _action(case, "bill_patient").words)
    if not entry.notice:
        return sentence
    return f"{sentence} Only if the notice rules were kept: {handbook.line(case.line).notice}."


def _correction(case: Situation) -> str:
    elements = _named(case, frozenset({"data_element"}))
    if elements:
        return f"Correct the {elements}."
    code = lookup.carc(case.carc)
    if code and code.remark_required and not _telling(case):
        return handbook.asks()["no_element"].words
    sentence = knowledge(case).steps.get("correct_and_resubmit", "Correct what the payer names.")
    return _led(case, sentence)


def _documents(case: Situation) -> str:
    if documents := _named(case, _DOCUMENTS):
        return f"Send the {documents}."
    return _led(case, knowledge(case).steps.get("send_records", "Send the records that the payer asks for."))


def _named(case: Situation, families: frozenset[str]) -> str:
    """The elements or documents that the remarks name: `rendering provider NPI (2310B NM109; remark N290)`."""
    named = [remark for remark in _known(case.remarks) if remark.family in families and remark.element]
    places = [f"{one.element} ({'; '.join(filter(None, (one.place, f'remark {one.code}')))})" for one in named]
    return " and the ".join(places[:_NAMED])


def _telling(case: Situation) -> bool:
    """Whether some remark says more than that the claim was unprocessable."""
    empty = ("unprocessable", "billing_rule")
    return any(remark.remedy and remark.family not in empty for remark in _known(case.remarks))


def _known(remarks: tuple[str, ...]) -> list[Rarc]:
    return [known for remark in remarks if (known := lookup.rarc(remark))]
