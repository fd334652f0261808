"""Acting on a case: the buttons of what can be done now, one form for each action, and one road for all of them.

    POST cases/<id>/act/<name>      `version` of the case as it was seen, and the fields of the form

Without script a form is a page of its own; with it, a dialog on the page of the case. What cannot be done comes back
with everything that was typed.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, BinaryIO, NamedTuple, cast

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from reclaim import reception
from reclaim.desk import actions, documents, locating, timeline
from reclaim.desk.acting import ACTIONS, ActionError, ConflictError
from reclaim.desk.models import Case, Stage, State
from reclaim.people.access import Permission, may, membership_of, visible_to
from reclaim.people.models import Role, User
from reclaim.people.preferences import write_off_limit
from reclaim.web import forms, office, queue, verbs, words
from reclaim.web.forms import FORMS, Form, FormError
from reclaim.web.parts import is_part, number

SEEN_LATER = ("classify", "locate", "lift", "lower", "write_off", "to_patient", "to_other_payer", "close")
"""What stands behind "More"."""
ELSEWHERE = ("finish", "remove_document", "undo")
"""What has its button beside the task, the document, and what happened last."""
WITH = "with"
"""The field of an address that says what to choose in the form: `?with=appeal`."""
SENT_AGAIN = ("correct_and_resubmit", "replacement", "new_claim", "void_and_new", "reopening")
NEXT: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    **dict.fromkeys(SENT_AGAIN, (("mark_sent", "corrected", "Mark the corrected claim as sent"),)),
    "appeal": (("mark_sent", "appeal", "Mark the appeal as sent"), ("attach", "proof", "Attach evidence")),
    "send_records": (
        ("attach", "records", "Attach the records"),
        ("mark_sent", "records", "Mark the records as sent"),
    ),
    "verify_and_reprocess": (
        ("contact", "phone", "Log the call"),
        ("mark_sent", "inquiry", "Mark the inquiry as sent"),
    ),
    "ask_payer": (
        ("ask_status", "", "Ask for the status"),
        ("contact", "phone", "Log the call"),
        ("ask", "payer", "Ask and wait"),
    ),
    "bill_other_payer": (("to_other_payer", "", "Move to another payer"),),
    "bill_patient": (("to_patient", "", "Move to the patient"),),
    "write_off": (("write_off", "", "Write off"),),
    "post_only": (("close", "not_a_denial", "Close"),),
    "wait": (("snooze", "", "Wait for the answer"),),
}
"""The step that the rules advise to the actions that take it: name, choice of the form, words."""


class Button(NamedTuple):
    """Something that can be done now."""

    name: str
    label: str
    key: str
    href: str
    asks: bool  # whether a form is filled in first


class Buttons(NamedTuple):
    """All of it."""

    first: list[Button]
    more: list[Button]

    @property
    def every(self) -> list[Button]:
        """In their order."""
        return [*self.first, *self.more]


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, case_id: int, name: str) -> HttpResponse:
    """Show the form of an action, or do it and go back to the case."""
    form, user = FORMS.get(name), office.user_of(request)
    if form is None:
        raise Http404("There is no such action.")
    cases = visible_to(user, Case).select_related("payer", "organization")
    case = get_object_or_404(cases, pk=case_id)
    if request.method == "GET":
        return _page(request, case, name, forms.at_first(name, case, user, request.GET.get(WITH, "")))
    case.version = seen = number(request.POST.get("version", ""))
    try:
        given = _given(request, form, case, name)
        ACTIONS[name](user, case, **given)
    except (FormError, ActionError) as error:
        case.refresh_from_db()
        return _page(request, case, name, request.POST.dict(), error, seen)
    messages.success(request, _said(name, form, case))
    href = back(request, case)
    return HttpResponseClientRedirect(href) if is_part(request) else redirect(href)


def buttons(user: User, case: Case, query: str) -> Buttons:
    """What somebody can do to a case now, in the order of the forms.

    Args:
        user: who.
        case: which.
        query: of the address of the case, which leads back to its list.
    """
    offered = [
        _button(case, name, query)
        for name, action in ACTIONS.items()
        if name not in ELSEWHERE and _FITS.get(name, _anyway)(user, case) and not action.hindrance(user, case)
    ]
    order = list(FORMS)
    offered.sort(key=lambda each: order.index(each.name))
    return Buttons(
        [each for each in offered if each.name not in SEEN_LATER], [each for each in offered if each.name in SEEN_LATER]
    )


def steps(user: User, case: Case, advised: str, query: str) -> list[Button]:
    """The buttons that take a step of the rules, as far as it can be done now.

    Args:
        user: who.
        case: which.
        advised: the step, `rules.handbook.ActionName`.
        query: as for `buttons`.
    """
    return [
        _button(case, name, query, choice)._replace(label=label, key="")
        for name, choice, label in NEXT.get(advised, ())
        if not ACTIONS[name].hindrance(user, case)
        and (choice != "appeal" or name != "mark_sent" or may(user, Permission.APPEAL))
    ]


def back(request: HttpRequest, case: Case) -> str:
    """The address of the case, in the list that it was opened from."""
    query = request.GET.copy()
    query.pop(WITH, None)
    path = reverse("web:case", args=[case.pk])
    return f"{path}?{query.urlencode()}" if query else path


_FITS: Mapping[str, Callable[[User, Case], bool]] = {
    "take": lambda user, case: case.owner_id != user.pk,
    "release": lambda user, case: (
        case.owner_id is not None and (case.owner_id == user.pk or may(user, Permission.ASSIGN_CASES))
    ),
    "lift": lambda _, case: not case.raised,
    "lower": lambda _, case: case.raised,
    "record_answer": lambda _, case: case.stage == Stage.SENT,
    "attach": lambda user, _: may(user, Permission.SEE_PATIENTS),
}
"""Whether an action would change anything, where its place alone does not say so."""


def _anyway(_: User, __: Case) -> bool:
    return True


def _button(case: Case, name: str, query: str, choice: str = "") -> Button:
    form, path = FORMS[name], reverse("web:case_act", args=[case.pk, name])
    asked = "&".join(filter(None, (query, f"{WITH}={choice}" if choice else "")))
    href = f"{path}?{asked}" if asked else path
    return Button(name, form.label, form.key, href, bool(form.fields))


def _given(request: HttpRequest, form: Form, case: Case, name: str) -> dict[str, Any]:
    """What the action takes; the bytes of a document are kept only for who may attach it now."""
    user = office.user_of(request)
    given = forms.read(form, request.POST.dict(), user)
    if name != "attach" or ACTIONS[name].hindrance(user, case):
        return {"paper": actions.Paper("", "", "", 0, "")} if name == "attach" else given
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or file.file is None:
        raise FormError("file", "Choose a document.")
    most = settings.DOCUMENT_BYTES
    return {
        "paper": documents.keep(reception.store(), cast("BinaryIO", file.file), file.name or "", given["sort"], most)
    }


def _said(name: str, form: Form, case: Case) -> str:
    if name != "write_off":
        return form.said
    fresh = Case.objects.only("state").get(pk=case.pk)
    done = fresh.state == State.WRITTEN_OFF
    return "The case is written off." if done else "The write-off is above your limit: it waits for a second person."


def _page(
    request: HttpRequest,
    case: Case,
    name: str,
    typed: Mapping[str, str],
    error: Exception | None = None,
    seen: int = 0,
) -> HttpResponse:
    """The form, with what is wrong; a part of the page of the case where htmx asks."""
    user, form = office.user_of(request), FORMS[name]
    wrong = error if isinstance(error, FormError) else None
    news = timeline.since(case, seen) if isinstance(error, ConflictError) else []
    context = {
        "case": case,
        "name": name,
        "form": form,
        "title": queue.why(case),
        "fields": forms.shown(form, case, user, typed, wrong),
        "trouble": "" if wrong or error is None else str(error),
        "news": [(office.called(each.user), verbs.of_case(each.verb, each.detail), each.at) for each in news],
        "conflict": isinstance(error, ConflictError),
        "hindrance": ACTIONS[name].hindrance(user, case),
        "notes": _notes(name, case, user),
        "href": request.get_full_path(),
        "back": back(request, case),
        "files": any(each.kind == "file" for each in form.fields),
    }
    if is_part(request):
        return render(request, "act.html#part", context)
    return render(request, "act.html", context, status=office.UNDERSTOOD if error else None)


def _notes(name: str, case: Case, user: User) -> list[str]:
    """What to know before it is done."""
    due = f"{words.weekday(case.deadline)}, {words.relative(case.deadline, timezone.localdate())}"
    match name:
        case "snooze" if case.deadline:
            return [f"The deadline is {due}: it does not wait."]
        case "ask" | "contact" if case.deadline:
            return [f"The deadline is {due}."]
        case "locate":
            return [locating.why(case)]
        case "write_off":
            membership = membership_of(user)
            limit = write_off_limit(case.organization_id, Role(membership.role)) if membership else Decimal(0)
            alone = case.denied <= limit
            said = "You may write this off alone." if alone else "It is more: a second person decides."
            return [f"{words.money(case.denied)} is given up. Your limit is {words.money(limit)}. {said}"]
    return []
