"""The reasons of `identify`, in words for a biller."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from reclaim.codes import lookup
from reclaim.rules.bearing import Bearing, bearing
from reclaim.rules.facts import Adjustment, Kind, Reason
from reclaim.rules.money import dollars

_DOMAIN: Final = "domain page, What is a denial"


def _rule(number: str) -> str:
    return f"engineering rules, {number}"


PAID = Reason("The payer paid, and no code takes anything that somebody could contest.", "paid", _DOMAIN)
PAID_BY_THE_CASE = Reason(
    "The payer paid the claim as a whole, by the case. Its lines are packaged into that payment and not denied.",
    "packaged",
    _DOMAIN,
)
NEGATIVE = Reason("A charge below zero undoes an earlier answer. It is never a denial.", "reversal", _rule("3"))
NOTHING_CHARGED = Reason("Nothing was charged, so nothing can be denied.", "nothing_charged", _rule("2.3"))
PATIENT_OWES = Reason(
    "Nothing was paid because the patient owes it: deductible, coinsurance, copay or another amount under group PR. "
    "That is not a denial.",
    "patient_owes",
    _rule("2.5"),
)
PRIOR_PAYER = Reason(
    "Nothing was paid because the payer before this one had covered or reduced it. That is not a denial.",
    "prior_payer",
    _rule("2.5"),
)
CAPITATION = Reason(
    "The service falls under capitation: the plan pays by the patient, not by the service. If you are not the "
    "capitated provider, bill the one who is.",
    "capitation",
    _rule("2.5"),
)
NOTHING_DUE = Reason("Nothing was due by contract or law. No code denies anything.", "nothing_due", _rule("2.3"))
PACKAGED_LINES = Reason(
    "On paid claims of facilities this code often marks a packaged service, rightly so. Check before you work it.",
    "packaged",
    "playbook, CARC 97",
)
UNREAD = Reason("An amount here cannot be read. It was worked out from the others.", "unread_amount", _rule("1"))
UNKNOWN_DOLLARS = Reason(
    "How many dollars are denied is unknown, since the amounts cannot be read. Look at the payer's own remittance.",
    "unread_amount",
    _rule("1"),
)

_WAITING = {
    Kind.PENDING: "The payer has not decided yet: wait for the answer that follows.",
    Kind.FORWARDED: "The payer passed the claim on: wait for the next payer's answer.",
    Kind.PREDETERMINATION: "This is an estimate before the service. No payment was due.",
}


def waiting(kind: Kind, code: Adjustment) -> Reason:
    """Why an unpaid claim is pending, forwarded or an estimate, by the code that says so."""
    return Reason(f"{_named(code)}. {_WAITING[kind]}", kind.value, _DOMAIN)


def lines_denied(denied: Decimal, lines: int, of: int) -> Reason:
    """How many of the charged lines paid nothing and were denied, and for how many dollars."""
    every = {1: "The line", 2: "Both lines"}.get(of, f"All {of} lines")
    which = every if lines == of else f"{lines} of {of} lines"
    was = "was" if lines == 1 else "were"
    return Reason(f"{which} paid nothing and {was} denied{_amount(denied)}.", "line_denied", _rule("2.3"))


def claim_denied(denied: Decimal) -> Reason:
    """That the payer denied the whole claim at claim level."""
    text = f"The payer paid nothing and denied the claim as a whole, at claim level{_amount(denied)}."
    return Reason(text, "claim_denied", _rule("2.4"))


def silent(denied: Decimal, *, whole: bool) -> Reason:
    """That a contract's write-down leaves nothing to pay, which no contract does for a covered service."""
    where = "Nothing was paid, and the" if whole else "On a line that paid nothing, the"
    text = (
        f"{where} contract's write-down takes the whole charge: {dollars(denied)}. No contract pays nothing for a "
        "covered service, so somebody must look."
    )
    return Reason(text, "silent", _rule("2.6"))


def without_code(denied: Decimal, charge: Decimal) -> Reason:
    """That nothing was paid and the payer gave no code for all or some of it."""
    of = "" if denied == charge else f" of {dollars(charge)}"
    text = f"Nothing was paid, and the payer gave no code for {dollars(denied)}{of}. Ask the payer for the reason."
    return Reason(text, "without_code", _rule("2.4"))


def taken_back(lost: Decimal) -> Reason:
    """That a payment was reversed and nothing came in its place."""
    if not lost:
        return Reason(
            "The payer took a payment back and paid nothing in its place. The amount cannot be read.",
            "takeback",
            _rule("3"),
        )
    text = f"The payer took back {dollars(lost)} and paid nothing in its place."
    return Reason(text, "takeback", _rule("3"))


def reduced(codes: Sequence[Adjustment]) -> Reason:
    """That a payment came, but less of it, for codes that somebody may contest."""
    names = ", ".join(dict.fromkeys(one.code for one in codes))
    return Reason(
        f"The payer paid, but less for {names}. That may be contested, yet it is no denial.", "reduced", _rule("2.1")
    )


def code(group: str, carc: str, taken: Decimal, lines: int) -> tuple[Reason, ...]:
    """What a denying code takes, and what a biller must know of it."""
    amount = f" takes {dollars(taken)}" if taken else ""
    where = f" on {lines} lines" if lines > 1 else ""
    says = Reason(f"{group}-{carc}{amount}{where}: {lookup.carc_words(carc)}.", "code_denies", _rule("2.2"))
    return (says, *_notes(group, carc))


def status(words: str) -> Reason:
    """What a claim status decides by itself."""
    return Reason(words, "claim_status", _rule("2 and 3"))


def notice_rules(codes: Iterable[Adjustment]) -> tuple[Reason, ...]:
    """Reminds that some codes are the patient's only if the patient had been told in time."""
    names = dict.fromkeys((one.group, one.carc) for one in codes)
    return tuple(reason for group, carc in names if (reason := _notice_rules(group, carc)))


@lru_cache(maxsize=1024)
def _notice_rules(group: str, carc: str) -> Reason | None:
    if bearing("CO", carc) is not Bearing.DENIES:
        return None
    text = (
        f"{group}-{carc} is a patient balance only if the notice rules were kept (the patient knew and signed before "
        "the service). Else it is the provider's loss: check before you bill the patient."
    )
    return Reason(text, "notice_rules", _DOMAIN)


@lru_cache(maxsize=1024)
def _notes(group: str, carc: str) -> tuple[Reason, ...]:
    entry, name = lookup.carc(carc), f"{group}-{carc}"
    if entry is None:
        text = f"{name} is not in our code table. It counts as a denial until somebody finds out what it means."
        return (Reason(text, "unknown_code", _DOMAIN),)
    notes = []
    if entry.cause == "duplicate":
        text = "A duplicate: the work is on the original claim, and it stays out of denial rates."
        notes.append(Reason(text, "duplicate", _DOMAIN))
    if group == "PR":
        text = f"{name} puts it on the patient, but a payer may settle this. Try that before you bill the patient."
        notes.append(Reason(text, "patient_group", _rule("2.7")))
    if bearing(group, carc) is Bearing.CAPITATION:
        text = f"{name}, from a payer that pays by the service: the patient is in a managed plan. Find it and bill it."
        notes.append(Reason(text, "managed_plan", _rule("2.2")))
    if bearing(group, carc) is Bearing.DENIES_IF_MOST:
        text = f"{name} often only reduces. Here it takes most of what the contract left, and nothing was paid."
        notes.append(Reason(text, "denies_if_most", _rule("2.2")))
    return tuple(notes)


def _named(one: Adjustment) -> str:
    return f"{one.code}: {lookup.carc_words(one.carc)}"


def _amount(denied: Decimal) -> str:
    return f": {dollars(denied)}" if denied else ""
