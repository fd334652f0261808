"""Clues about authorizations, referrals, duplicates, filing, providers, and whatever an edit finds."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from reclaim.rules.causes import contrast
from reclaim.rules.causes.contrast import alike, share
from reclaim.rules.causes.kit import Case, Clue, Earlier, look
from reclaim.rules.edits import Finding, Known, check
from reclaim.rules.sent import Value

_EDITS: Mapping[str, str] = {
    "E004": "billing_tax_id",
    "E006": "member_id_wrong",
    "E010": "diagnosis_invalid",
    "E011": "diagnosis_invalid",
    "E013": "diagnosis_mismatch",
    "E014": "diagnosis_mismatch",
    "E019": "modifier_conflict",
    "E023": "wrong_place",
    "E026": "revenue_code",
    "E027": "charge",
    "E028": "charge",
    "E031": "diagnosis_pointer",
    "E032": "replaced_number_missing",
    "E033": "replaced_number_missing",
    "E034": "admission",
    "E043": "drug_code",
    "E049": "dates",
    "E050": "accident_data",
    "E051": "cob_data",
    "E052": "cob_data",
    "E057": "billing_address",
    "E058": "invalid_code",
    "E060": "admission",
}
"""Which cause a finding of an edit speaks for; E001 goes by the loop, E012 by its severity."""
_WEIGHTS = {"error": 4.0, "warn": 1.5, "info": 0.5}
_NPIS = {"2010AA": "billing_npi", "2310B": "rendering_npi", "2420A": "rendering_npi", "2310C": "facility"}
_INSTITUTIONAL_NPIS = {
    "2010AA": "billing_npi",
    "2310A": "attending_npi",
    "2310B": "attending_npi",
    "2310D": "rendering_npi",
    "2420C": "rendering_npi",
    "2310E": "facility",
}


@look
def what_edits_find(case: Case) -> Iterator[Clue]:
    """An edit that should have stopped the claim."""
    for one in check(case.sent, Known()):
        if cause := _cause_of(one, case.sent.form):
            at = Value(one.present, one.place)
            yield Clue(cause, _WEIGHTS[one.severity], one.text, at, one.remedy)


def _cause_of(one: Finding, form: str) -> str:
    """Which cause a finding speaks for; "" when it speaks for none."""
    if one.edit == "E001":
        return (_INSTITUTIONAL_NPIS if form == "I" else _NPIS).get(one.place.loop, "referring_npi")
    if one.edit == "E012":
        return "sex_conflict" if one.severity == "info" else "age_conflict"
    return _EDITS.get(one.edit, "")


@look
def authorization(case: Case) -> Iterator[Clue]:
    """Whether the claim holds an authorization, and whether it looks like those that were paid."""
    line = next(iter(case.lines), None)
    number = (line.authorization.text if line else "") or case.sent.authorization.text
    siblings = alike(case, line, contrast.PAYERS) if line else []
    if number:
        yield Clue("auth_missing", -8.0)
        yield Clue("payer_ignored_auth", 0.0, f"The claim shows authorization {number}.")
        shapes = {_shape(one.sent.authorization.text) for one in siblings if one.sent.authorization}
        if shapes and _shape(number) not in shapes:
            text = f"{number} is not written like the authorizations that this payer accepted."
            yield Clue("auth_wrong", 2.0, text, case.sent.authorization)
        return
    yield Clue("auth_wrong", -8.0)
    yield Clue("payer_ignored_auth", -8.0)
    found = share(siblings, lambda one: bool(one.sent.authorization))
    text = "The claim has no authorization number."
    if found.tells:
        text = f"{found.have} of {found.of} paid claims like it had an authorization; this one has none."
    rare = contrast.rarity(case, line, lambda one: bool(one.sent.authorization)) if line else 0.7
    yield Clue("auth_missing", found.weight if found.of else rare, text, case.sent.authorization)
    if found.of >= contrast.FEWEST and not found.have:
        yield Clue("auth_missing", -3.0)


def _shape(text: str) -> str:
    """How letters and digits follow each other: `AU12345` becomes `AA9`."""
    return re.sub(r"[0-9]+", "9", re.sub(r"[A-Z]", "A", text.upper()))


@look
def referral(case: Case) -> Iterator[Clue]:
    """Whether the claim holds a referral, and whether paid ones do."""
    if case.sent.referral:
        yield Clue("referral_missing", -6.0)
        return
    line = next(iter(case.lines), None)
    found = share(alike(case, line, contrast.PAYERS) if line else [], lambda one: bool(one.sent.referral))
    text = "The claim has no referral number."
    if found.tells:
        text = f"{found.have} of {found.of} paid claims like it had a referral; this one has none."
    rare = contrast.rarity(case, line, lambda one: bool(one.sent.referral)) if line else 0.5
    unheard = -2.0 if found.of else rare
    yield Clue("referral_missing", found.weight if found.have else unheard, text, case.sent.referral)


@look
def came_before(case: Case) -> Iterator[Clue]:
    """An earlier claim of the patient holds the same service."""
    around, sent = case.around, case.sent
    lines = {(line.procedure.text, line.service.text, line.codes) for line in case.lines}
    for one in (*around.versions, *around.history):
        same = lines & {(line.procedure.text, line.service.text, line.codes) for line in one.sent.lines}
        to_same = one.sent.payer_id.text == sent.payer_id.text
        if (
            same
            and to_same
            and one.outcome != "rejected"
            and _before(one, case)
            and sent.frequency.text not in ("7", "8")
        ):
            when = f" of {one.day:%m/%d/%Y}" if one.day else ""
            text = f"Claim {one.sent.control_number.text}{when} has the same service ({one.outcome})."
            yield Clue("duplicate_sent", 1.0 if one.outcome == "denied" else 4.0, text)
            return
    if around.complete:
        yield Clue("duplicate_sent", -4.0)


def _before(one: Earlier, case: Case) -> bool:
    return one.day is None or case.around.sent_on is None or one.day <= case.around.sent_on


@look
def replaces_what(case: Case) -> Iterator[Clue]:
    """A replacement without the number of the earlier claim, which the record knows."""
    sent = case.sent
    if sent.frequency.text not in ("7", "8") or sent.replaces:
        return
    number = next((one.payer_control_number for one in reversed(case.around.versions) if one.payer_control_number), "")
    if number:
        text = f"The payer answered the earlier claim under {number}."
        yield Clue("replaced_number_missing", 5.0, text, sent.replaces, number, number)


@look
def filed(case: Case) -> Iterator[Clue]:
    """How many days after the service the payer got the claim, and the proof of an earlier day."""
    around, last = case.around, case.sent.service_to
    received = case.claim.received or around.received or around.sent_on
    if received is None or last is None:
        return
    days, limit = (received - last).days, around.filing_days
    if limit is None:
        yield Clue("filed_late", 2.0 if days > 180 else -3.0 if days < 80 else 0.0, f"Filed {days} days after service.")
        return
    text = f"The claim reached the payer {days} days after service; the limit is {limit}."
    if around.accepted and (around.accepted - last) <= timedelta(days=limit):
        text += (
            f" But {around.acknowledgement or 'an acknowledgement'} of {around.accepted:%m/%d/%Y} accepted it in time."
        )
    yield Clue("filed_late", 5.0 if days > limit else -5.0, text)


@look
def provider_was_paid(case: Case) -> Iterator[Clue]:
    """The same payer pays the same rendering provider, or never does."""
    npi = case.sent.rendering.npi.text
    if not npi:
        return
    ours = [one for one in case.around.siblings if one.sent.payer_id.text == case.sent.payer_id.text]
    paid = sum(1 for one in ours if one.sent.rendering.npi.text == npi)
    if paid:
        yield Clue("not_enrolled", -1.5)
    elif len(ours) >= 3 * contrast.FEWEST:
        text = f"None of {len(ours)} paid lines like these from this payer had this rendering provider."
        yield Clue("not_enrolled", 1.0, text)
