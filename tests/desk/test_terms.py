"""A payer's own terms decide how a corrected claim goes."""

from datetime import date

import pytest

from reclaim.desk import corrected, correcting
from reclaim.desk.acting import ActionError
from reclaim.desk.models import Case, PayerTerms
from reclaim.desk.terms import set_terms, terms_of
from reclaim.people.actions import NotAllowedError
from reclaim.people.models import Event, Organization, User
from reclaim.record.models import Claim, Payer
from reclaim.rules.resubmission import Resubmission, Terms
from tests.desk.conversation import claims, denied, read

TODAY = date(2026, 6, 19)
"""A day after the answer."""
CONTRACT = "Contract of 2026, section 4"


@pytest.fixture
def case(organization: Organization) -> Case:
    return denied(organization, *claims("P", 1))[0]


def advised(case: Case, today: date = TODAY) -> Resubmission:
    claim = corrected.claim_of(case)
    assert claim
    return corrected.advice(claim, case, read, today).resubmission


@pytest.mark.parametrize(
    ("terms", "today", "way", "words"),
    [
        (Terms(replacement=True, source=CONTRACT), TODAY, "replace", CONTRACT),
        (Terms(replacement=False, void=True, source=CONTRACT), TODAY, "void_then_new", CONTRACT),
        (Terms(replacement=False, void=False, source=CONTRACT), TODAY, "reopen", CONTRACT),
        (Terms(correction_days=30, source=CONTRACT), date(2026, 7, 18), "replace", "837 guides"),
        (Terms(correction_days=30, source=CONTRACT), date(2026, 7, 19), "appeal_only", CONTRACT),
    ],
)
def test_what_the_contract_says_decides(
    case: Case, manager: User, terms: Terms, today: date, way: str, words: str
) -> None:
    assert advised(case).way == "replace"
    set_terms(manager, Payer.objects.get(), terms)
    found = advised(case, today)
    assert found.way == way
    assert words in found.reason.source


def test_a_payer_that_wants_no_number_gets_a_replacement_without(case: Case, manager: User) -> None:
    Claim.objects.update(given_number="")
    set_terms(manager, Payer.objects.get(), Terms(number_required=False, source=CONTRACT))
    assert advised(case).needs == ()


def test_a_correction_does_not_begin_where_the_payer_takes_none(case: Case, biller: User, manager: User) -> None:
    set_terms(manager, Payer.objects.get(), Terms(replacement=False, void=False, source=CONTRACT))
    claim = corrected.claim_of(case)
    assert claim
    with pytest.raises(ActionError, match="by its form"):
        correcting.start(biller, claim, case, read)


def test_terms_are_said_again_and_taken_back(case: Case, manager: User) -> None:
    payer = Payer.objects.get()
    assert case.payer_id == payer.pk
    set_terms(manager, payer, Terms(replacement=False, source=CONTRACT))
    set_terms(manager, payer, Terms(correction_days=60, source=" Letter  of May "))
    assert terms_of(payer, payer.name, "commercial") == Terms(correction_days=60, source="Letter of May")
    set_terms(manager, payer, Terms())
    assert not PayerTerms.objects.exists()
    assert Event.objects.filter(verb="changed_terms").count() == 3


def test_what_a_contract_leaves_open_the_manual_may_say(case: Case, manager: User) -> None:
    payer = Payer.objects.get()
    set_terms(manager, payer, Terms(correction_days=60, source=CONTRACT))
    assert case.pk
    assert terms_of(payer, "BCBS MINNESOTA", "commercial") == Terms(True, True, None, 60, CONTRACT)


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (Terms(replacement=True), "Say where these terms stand"),
        (Terms(correction_days=0, source=CONTRACT), "from 1 to"),
        (Terms(correction_days=10_000, source=CONTRACT), "from 1 to"),
    ],
)
def test_terms_that_cannot_be(case: Case, manager: User, terms: Terms, words: str) -> None:
    assert case.pk
    with pytest.raises(ActionError, match=words):
        set_terms(manager, Payer.objects.get(), terms)
    assert not PayerTerms.objects.exists()


def test_who_may_not_changes_nothing(case: Case, biller: User) -> None:
    assert case.pk
    with pytest.raises(NotAllowedError):
        set_terms(biller, Payer.objects.get(), Terms(replacement=False, source=CONTRACT))
    assert not PayerTerms.objects.exists()
