"""What payers take when a claim is to be corrected, as programs read it and say it."""

from typing import Annotated, Self

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from pydantic import BaseModel, Field

from reclaim.api import paging
from reclaim.api.acts import Text
from reclaim.api.allowed import needs
from reclaim.api.claims import Strict
from reclaim.api.entrance import user_of
from reclaim.api.once import once
from reclaim.desk.terms import MOST_DAYS, set_terms
from reclaim.people.access import Permission, visible_to
from reclaim.record.models import Payer
from reclaim.rules.resubmission import Terms

router = Router(tags=["Payers"])


class TermsAsked(Strict):
    """The terms of a contract; null: nobody has said."""

    replacement: bool | None = Field(None, description="Whether it takes replacements (frequency 7).")
    void: bool | None = Field(None, description="Whether it takes voids (frequency 8).")
    number_required: bool | None = Field(None, description="Whether these must name its number of the earlier claim.")
    correction_days: Annotated[int, Field(ge=1, le=MOST_DAYS)] | None = Field(
        None, description="Calendar days after its answer in which it takes corrections."
    )
    source: Annotated[Text, Field(max_length=120)] = Field("", description="Who says so: the contract and its section.")


class PayerShape(BaseModel):
    """A payer, and the terms that this organization has with it."""

    id: int
    key: str
    name: str
    terms: TermsAsked

    @classmethod
    def of(cls, payer: Payer) -> Self:
        """A payer with its terms."""
        own = getattr(payer, "terms", None)
        told = {name: getattr(own, name) for name in Terms._fields} if own else {}
        return cls(id=payer.pk, key=payer.key, name=payer.name, terms=TermsAsked(**told))


class Payers(BaseModel):
    """Payers, the newest first."""

    payers: list[PayerShape]
    next: str = Field(description="The cursor of the next page; empty when this is the last.")


@router.get("", response=Payers, summary="Payers and their terms")
def list_payers(request: HttpRequest, which: Query[paging.Where]) -> Payers:
    """Who pays, and what they take when a claim is to be corrected, as this organization's contracts say."""
    rows = visible_to(needs(request, Permission.SEE_CASES, "listed_payers"), Payer).select_related("terms")
    found = paging.page(rows, paging.NEWEST_FIRST, which)
    return Payers(payers=[PayerShape.of(each) for each in found.rows], next=found.next)


@router.post("/{int:payer_id}/actions/set_terms", response=PayerShape, summary="Say a payer's terms")
def say(request: HttpRequest, payer_id: int, body: TermsAsked) -> HttpResponse:
    """How corrected claims go to this payer from now on; all null: as its manual and line of business have it."""

    def said() -> HttpResponse:
        user = user_of(request)
        payer = get_object_or_404(visible_to(user, Payer).select_related("organization"), pk=payer_id)
        set_terms(user, payer, Terms(**body.model_dump()))
        shown = Payer.objects.select_related("terms").get(pk=payer.pk)
        return JsonResponse(PayerShape.of(shown).model_dump(mode="json"))

    return once(request, said)
