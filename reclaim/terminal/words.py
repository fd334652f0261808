"""How facts read on a screen or in a cell: codes in words, money, dates, a masked patient."""

from datetime import date
from decimal import Decimal
from functools import lru_cache

from reclaim.codes import lookup
from reclaim.rules import limits
from reclaim.rules.facts import Denial
from reclaim.rules.remarks import listed

ZERO = Decimal("0.00")


def money(amount: Decimal | None) -> str:
    """Dollars for people, `$1,234.50`; "unknown" when the payer sent none that can be read."""
    if amount is None:
        return "unknown"
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def day(value: date | None) -> str:
    """A date for people, `09/14/2026`; "no date" when there is none."""
    return value.strftime("%m/%d/%Y") if value else "no date"


def slug(text: str) -> str:
    """A word of the tables as people say it: `medical_necessity` to "medical necessity"."""
    return text.replace("_", " ")


def shown(text: str) -> str:
    """What a payer sent, without characters that would steer a terminal."""
    return text if text.isprintable() else "".join(each if each.isprintable() else "?" for each in text)


def until(kind: str | None) -> str:
    """What must happen by a deadline of this kind: "the first appeal"."""
    known = limits.kinds().get(kind or "")
    return known.words if known else slug(kind or "")


def turned(patient: str) -> str:
    """A patient's name as people say it: "DOE, JANE" to "JANE DOE"."""
    last, _, first = patient.partition(", ")
    return f"{first} {last}".strip()


def codes(denial: Denial) -> tuple[str, ...]:
    """The codes that a list shows of a denial: ("CO-197", "M62")."""
    identification = denial.identification
    return listed((each.code for each in identification.denying), identification.remarks)


@lru_cache(maxsize=4096)
def in_words(codes: tuple[str, ...]) -> str:
    """Codes with what they mean: "CO-197 No precertification ...; M62 Treatment authorization code ..."."""
    return "; ".join(f"{code} {_meaning(code)}" for code in codes)


def _meaning(code: str) -> str:
    if code.startswith("NCPDP "):
        return "pharmacy reject code, by the list of NCPDP"
    _, dash, carc = code.partition("-")
    return lookup.carc_words(carc) if dash else lookup.rarc_words(code)


def why(denial: Denial) -> str:
    """Why the claim is denied and how we know, in sentences."""
    texts = [each.text for each in (*denial.identification.reasons, *denial.classification.reasons)]
    return " ".join(dict.fromkeys(texts))
