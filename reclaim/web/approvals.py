"""Approvals: write-offs above somebody's limit, which a second person approves or refuses, one by one or several."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from reclaim.desk import actions
from reclaim.desk.acting import ActionError
from reclaim.desk.models import Case, Stage, WriteOff
from reclaim.people.access import Permission, may, visible_to
from reclaim.people.models import Membership, Role, User
from reclaim.people.preferences import LIMITS, PREFERENCES, preferences
from reclaim.web import office, words
from reclaim.web.parts import Pager, number
from reclaim.web.queue import why

PAGE = 50


class Row(NamedTuple):
    """A proposed write-off."""

    proposed: WriteOff
    who: str
    role: str
    limit: Decimal  # US dollars that this role may write off alone
    why: str
    patient: str
    mine: bool  # who looks has proposed it: somebody else decides
    chosen: bool
    trouble: str  # why nothing was done


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What waits for a decision; a form decides."""
    office.insist(request, Permission.APPROVE_WRITE_OFF, "Approving write-offs is not part of your role.")
    if request.method != "POST":
        return _page(request)
    verdict, chosen = _asked(request)
    reason = request.POST.get("why", "")
    if not chosen:
        return _page(request, trouble="Choose the write-offs that you decide about.", reason=reason)
    if verdict == "refuse" and not reason.strip():
        return _page(
            request,
            trouble="Say why they are not written off: whoever proposed them reads it.",
            chosen=chosen,
            reason=reason,
        )
    troubles = _decide(office.user_of(request), verdict, chosen, reason)
    done = len(chosen) - len(troubles)
    if done:
        said = "approved" if verdict == "approve" else "refused"
        messages.success(request, f"{done:,} write-off{'' if done == 1 else 's'} {said}.")
    if not troubles:
        return redirect("web:approvals")
    return _page(
        request,
        trouble="Not all of it could be done; each row says why.",
        chosen=troubles,
        reason=reason,
        troubles=troubles,
    )


def _asked(request: HttpRequest) -> tuple[str, dict[int, int]]:
    """What is to be done, and the cases with their versions: of the pressed row, or all that were ticked."""
    verdict, _, only = request.POST.get("verdict", "").partition(" ")
    ticked = [only] if only else request.POST.getlist("case")[:PAGE]
    pairs = (each.partition(":") for each in ticked)
    return ("refuse" if verdict == "refuse" else "approve"), {number(key): number(seen) for key, _, seen in pairs}


def _decide(user: User, verdict: str, chosen: Mapping[int, int], reason: str) -> dict[int, str]:
    """Decide about each as it was seen; what could not be done, by case."""
    troubles = {}
    cases = visible_to(user, Case).select_related("organization").in_bulk(chosen)
    for key, seen in chosen.items():
        case = cases.get(key)
        if case is None:
            troubles[key] = "There is no such case."
            continue
        case.version = seen
        try:
            if verdict == "approve":
                actions.approve(user, case)
            else:
                actions.refuse(user, case, why=reason)
        except ActionError as error:
            troubles[key] = str(error)
    return troubles


def _page(
    request: HttpRequest,
    *,
    trouble: str = "",
    reason: str = "",
    chosen: Mapping[int, object] | None = None,
    troubles: Mapping[int, str] | None = None,
) -> HttpResponse:
    user = office.user_of(request)
    proposed = visible_to(user, WriteOff).filter(stand=WriteOff.Stand.PROPOSED, case__stage=Stage.APPROVAL)
    total = proposed.count()
    here = min(max(number(request.GET.get("page", "")), 1), max(-(-total // PAGE), 1))
    shown = list(proposed.select_related("case__payer", "by").order_by("at", "id")[(here - 1) * PAGE : here * PAGE])
    context = {
        "rows": _rows(user, shown, chosen or {}, troubles or {}),
        "trouble": trouble,
        "reason": reason,
        "pager": _pager(here, len(shown), total),
        "total": total,
    }
    return office.page(request, "approvals.html", context)


def _rows(
    user: User, shown: Sequence[WriteOff], chosen: Mapping[int, object], troubles: Mapping[int, str]
) -> list[Row]:
    members = visible_to(user, Membership).filter(user__in={each.by_id for each in shown})
    roles: dict[int | None, str] = dict(members.values_list("user", "role"))
    limits = (
        preferences(shown[0].organization_id, *(name for name in PREFERENCES if name.startswith(LIMITS)))
        if shown
        else {}
    )
    named = may(user, Permission.SEE_PATIENTS)
    return [
        Row(
            each,
            office.called(each.by),
            Role(roles[each.by_id]).label if each.by_id in roles else "no longer here",
            Decimal(str(limits.get(f"{LIMITS}.{roles.get(each.by_id)}", 0))),
            why(each.case),
            words.masked(each.case.patient) if named else "",
            each.by_id == user.pk,
            each.case_id in chosen,
            troubles.get(each.case_id, ""),
        )
        for each in shown
    ]


def _pager(here: int, many: int, total: int) -> Pager:
    first, path = (here - 1) * PAGE, reverse("web:approvals")
    before, after = (
        f"{path}?page={here - 1}" if here > 1 else "",
        f"{path}?page={here + 1}" if first + many < total else "",
    )
    return Pager(first + 1, first + many, total if many else 0, "write-offs", before, after)
