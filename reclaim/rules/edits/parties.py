"""Edits of who billed, who rendered care, and who is insured."""

import re
from collections.abc import Iterator

from reclaim.codes.npi import is_npi
from reclaim.rules.edits.kit import Found, Subject, edit
from reclaim.rules.sent import Party

_LETTER, _ANY = "[AC-HJKMNP-RT-Y]", "[0-9AC-HJKMNP-RT-Y]"
_MBI = re.compile(f"[1-9](?:{_LETTER}|S){_ANY}[0-9]{_LETTER}{_ANY}[0-9]{_LETTER}{{2}}[0-9]{{2}}")
"""An S in the second place is never issued: CMS writes made-up members so, and they may pass."""
_PO_BOX = re.compile(r"\b(P\.?\s?O\.?\s?BOX|POST OFFICE BOX|LOCK ?BOX)\b")
_ROLES = {
    "billing": "billing provider",
    "rendering": "rendering provider",
    "referring": "referring provider",
    "facility": "place of care",
    "attending": "attending provider",
    "operating": "operating provider",
}


def _parties(subject: Subject) -> Iterator[tuple[str, Party]]:
    sent = subject.sent
    for role, words in _ROLES.items():
        yield words, getattr(sent, role)
    for line in sent.lines:
        if line.rendering.present:
            yield f"rendering provider of line {line.number}", line.rendering


@edit("E001", forms="PID", prevents="207 208 16 N257 N290 N286 N265", source="CMS, NPI check digit (Luhn over 80840)")
def npi_check_digit(subject: Subject) -> Iterator[Found]:
    """Each NPI has ten digits, begins with 1 or 2, and its check digit is right."""
    for words, party in _parties(subject):
        npi = party.npi
        if npi and party.qualifier.text == "XX" and not (is_npi(npi.text) and npi.text[0] in "12"):
            text = f"The NPI of the {words}, {npi.text}, is no valid NPI."
            yield Found(npi, text, "Look the number up in NPPES and type it again.")


@edit("E003", forms="P", prevents="16 N290", severity="warn", source="005010X222A1, 2310B and 2420A: situational rule")
def npi_repeated(subject: Subject) -> Iterator[Found]:
    """The rendering provider is left out where it is the billing provider, or that of the claim."""
    sent = subject.sent
    own = sent.rendering.npi
    remedy = "Leave the rendering provider out here."
    if own and own.text == sent.billing.npi.text:
        yield Found(own, "The rendering provider is the billing provider, who is already named.", remedy)
    for line in sent.lines:
        npi = line.rendering.npi
        if npi and npi.text == own.text:
            yield Found(npi, f"Line {line.number} repeats the rendering provider of the claim.", remedy)


@edit("E004", forms="PI", prevents="16 N516", source="005010X222A1 and X223A2, 2010AA REF: nine digits, no hyphen")
def tax_id(subject: Subject) -> Iterator[Found]:
    """The tax ID of the billing provider has nine digits and no hyphen."""
    value = subject.sent.billing.tax_id
    if not value:
        yield Found(value, "The billing provider has no tax ID.", "Enter the nine digits of its EIN or SSN.")
    elif not re.fullmatch(r"[0-9]{9}", value.text):
        yield Found(value, "The tax ID of the billing provider is not nine digits.", "Enter nine digits, no hyphen.")


@edit("E006", forms="PI", prevents="31 140 16 MA27 MA61 N382", source="CMS, Medicare Beneficiary Identifier format")
def member_id(subject: Subject) -> Iterator[Found]:
    """The member ID looks like one of this payer."""
    value = subject.sent.subscriber.member_id
    if not value:
        yield Found(value, "The subscriber has no member ID.", "Copy it from the eligibility answer (271).")
        return
    wanted = subject.known.member_id
    if not wanted and subject.line_of_business == "medicare_ffs" and not _MBI.fullmatch(value.text):
        text = "This is no Medicare Beneficiary Identifier: eleven characters in a fixed order of digits and letters."
        yield Found(value, text, "Copy it from the eligibility answer (271) or the card, without dashes.")
    if wanted and not re.fullmatch(wanted, value.text):
        yield Found(
            value, "The member ID does not look like one of this payer.", "Check it against the card or the 271."
        )


@edit("E057", forms="PI", prevents="16 N258", source="005010X222A1 and X223A2, 2010AA N3 and N4")
def billing_address(subject: Subject) -> Iterator[Found]:
    """The billing provider has a street address, no PO box, and a ZIP code of nine digits."""
    billing = subject.sent.billing
    if not billing.street:
        yield Found(billing.street, "The billing provider has no street address.", "Enter the street address.")
    elif _PO_BOX.search(billing.street.text.upper()):
        text = "The address of the billing provider is a PO box or lock box."
        yield Found(billing.street, text, "Enter the street address; a PO box may stand as pay-to address (2010AB).")
    if len(billing.zip.text) != 9 or not billing.zip.text.isdecimal():
        yield Found(billing.zip, "The ZIP code of the billing provider is not nine digits.", "Enter ZIP+4, no hyphen.")
