"""What acknowledgements and claim statuses say of a claim, by their codes."""

from enum import StrEnum


class Said(StrEnum):
    """What was said; `record.models.Verdict` has the words for people."""

    ACCEPTED = "accepted"
    WITH_ERRORS = "accepted_with_errors"
    REJECTED = "rejected"
    FORWARDED = "forwarded"
    PENDING = "pending"
    INFORMATION = "information_requested"
    PAID = "paid"
    DENIED = "denied"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


TAKEN = {"A": Said.ACCEPTED, "E": Said.WITH_ERRORS, "P": Said.WITH_ERRORS}
"""TA104, IK501 and AK901 (005010X231A1); every other one refuses."""
CATEGORIES = {
    **dict.fromkeys(("A1", "A2", "A5"), Said.ACCEPTED),
    **dict.fromkeys(("A3", "A4", "A6", "A7", "A8"), Said.REJECTED),
    "A0": Said.FORWARDED,
    **dict.fromkeys(("P0", "P1", "P2", "P3", "P4", "P5", "F0", "F3", "F3F", "F5"), Said.PENDING),
    **dict.fromkeys(("F1", "F4"), Said.PAID),
    **dict.fromkeys(("F2", "F3N"), Said.DENIED),
    "D0": Said.NOT_FOUND,
}
"""STC01-1, claim status category (external code set 507). R: the payer asks for something; others say nothing of it."""
REQUESTS = "R"
"""How categories begin by which a payer asks for something."""
