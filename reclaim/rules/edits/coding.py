"""Edits of procedures, modifiers, places of service, revenue codes, drugs and the DRG."""

import re
from collections.abc import Iterator

from reclaim.codes import lookup
from reclaim.rules.edits.kit import Found, Subject, edit
from reclaim.rules.sent import SentLine

_REPEATS = frozenset({"76", "77"})
_EXACT = frozenset({"XE", "XP", "XS", "XU"})
_UNITS = frozenset({"F2", "GR", "ME", "ML", "UN"})
_UNLISTED = frozenset({"A9999", "E1399", "J3490", "J3590", "J7999", "J8999", "J9999", "L2999", "L3999", "L8499"})
_VISITS = ("92002", "92004", "92012", "92014", "G0402", "G0438", "G0439")
_ASKS_FOR_DRUGS = frozenset({"medicaid", "medicaid_managed"})
_REMEDY = "Check the modifiers against the medical record."


@edit("E019", forms="P", prevents="4 N519", severity="warn", source="own rule, after the definitions of the modifiers")
def modifiers(subject: Subject) -> Iterator[Found]:
    """No modifiers of a line contradict each other or its procedure."""
    seen: set[str] = set()
    for line in subject.sent.lines:
        for text in _conflicts(line, seen):
            yield Found(line.modifiers[0], f"Line {line.number}: {text}", _REMEDY)
        seen.add(line.procedure.text)


def _conflicts(line: SentLine, seen: set[str]) -> Iterator[str]:
    codes = frozenset(line.codes)
    if not codes:
        return
    if {"RT", "LT"} <= codes:
        yield "RT and LT stand on one line. Bill each side on its own line, or both with 50."
    if "50" in codes and codes & {"RT", "LT"}:
        yield "50 says both sides, RT or LT says one."
    if {"26", "TC"} <= codes:
        yield "26 and TC together are the whole service, which needs neither."
    if "59" in codes and codes & _EXACT:
        yield "59 and an X modifier say the same. Keep the X modifier."
    if codes & _REPEATS and line.procedure.text not in seen:
        named = " and ".join(sorted(codes & _REPEATS))
        yield f"{named} says that {line.procedure.text} was repeated, and no line before has it."
    if "25" in codes and not is_visit(line.procedure.text):
        yield f"25 is for a visit, and {line.procedure.text} is none."


def is_visit(procedure: str) -> bool:
    """Whether a code is for evaluation and management: 992xx to 994xx, eye visits, Medicare's wellness visits."""
    return procedure in _VISITS or ("99202" <= procedure <= "99499" and len(procedure) == 5)


@edit("E023", forms="P", prevents="5 16 M77", source="CMS place of service code set")
def place_of_service(subject: Subject) -> Iterator[Found]:
    """Each place of service is one of the code set."""
    remedy = "Choose the place where the patient was seen."
    for one in (subject.sent.place_of_service, *(line.place_of_service for line in subject.sent.lines)):
        if one and lookup.value("pos", one.text) is None:
            yield Found(one, f"{one.text} is no place of service.", remedy)
    if not subject.sent.place_of_service:
        yield Found(subject.sent.place_of_service, "The claim has no place of service.", remedy)


@edit("E026", forms="I", prevents="16 199 M50", source="005010X223A2, 2400 SV201: four digits, 0 to 3 first")
def revenue_code(subject: Subject) -> Iterator[Found]:
    """Each line has a revenue code of four digits that begins with 0 to 3."""
    for line in subject.sent.lines:
        one = line.revenue_code
        if not re.fullmatch(r"[0-3][0-9]{3}", one.text):
            text = f"Line {line.number}: {one.text or 'nothing'} is no revenue code."
            yield Found(one, text, "Enter four digits, with the leading zero.")


@edit("E043", forms="PI", prevents="16 M119", source="005010X222A1, 2410 LIN and CTP; Medicaid: 42 CFR 447.520")
def drug(subject: Subject) -> Iterator[Found]:
    """A drug has its NDC of eleven digits, a quantity and a unit."""
    asks = subject.line_of_business in _ASKS_FOR_DRUGS
    for line in subject.sent.lines:
        if not line.drug:
            if asks and re.fullmatch(r"J[0-9]{4}", line.procedure.text):
                text = f"Line {line.number} bills a drug without its NDC, which Medicaid asks for."
                remedy = "Copy the NDC from the package, eleven digits, with quantity and unit."
                yield Found(line.drug, text, remedy, "warn")
            continue
        if not re.fullmatch(r"[0-9]{11}", line.drug.text):
            text = f"Line {line.number}: the NDC {line.drug.text} is not eleven digits."
            yield Found(line.drug, text, "Write it as 5-4-2 digits with leading zeros, no hyphens.")
        if not (line.drug_quantity.amount or 0) > 0:
            yield Found(
                line.drug_quantity, f"Line {line.number}: the drug has no quantity.", "Enter how much was given."
            )
        if line.drug_unit.text not in _UNITS:
            text = f"Line {line.number}: {line.drug_unit.text or 'nothing'} is no unit of a drug."
            yield Found(line.drug_unit, text, f"Choose one of {', '.join(sorted(_UNITS))}.")


@edit("E056", forms="I", prevents="A8 186 N657", severity="info", source="MS-DRG grouper, when one has been asked")
def drg(subject: Subject) -> Iterator[Found]:
    """The DRG on the claim is the one that a grouper makes of it."""
    billed, grouped = subject.sent.drg, subject.known.drg
    if billed and grouped and billed.text.lstrip("0") != grouped.lstrip("0"):
        text = f"The claim bills DRG {billed.text}; the grouper makes {grouped} of it."
        yield Found(billed, text, "Check diagnoses, procedures and discharge status.")


@edit(
    "E058", forms="P", prevents="16 N350", severity="warn", source="005010X222A1, SV101-7: codes that are not specific"
)
def unlisted(subject: Subject) -> Iterator[Found]:
    """An unlisted procedure says in words what was done."""
    for line in subject.sent.lines:
        code = line.procedure.text
        if (code in _UNLISTED or re.fullmatch(r"[0-9]{3}99", code)) and not (line.description or line.note):
            text = f"Line {line.number}: {code} is an unlisted code, and nothing says what was done."
            yield Found(line.description, text, "Describe the service in a few words.")
