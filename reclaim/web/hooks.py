"""Webhooks: addresses that are told of events, what arrived there, and what did not."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from reclaim.desk import hooks
from reclaim.desk.models import Delivery, Webhook
from reclaim.people.access import Permission, visible_to
from reclaim.people.models import Event
from reclaim.web import office, verbs

REFUSED = "Webhooks are not part of your role."


class Box(NamedTuple):
    """One sort of events to choose."""

    verb: str
    words: str
    on: bool


class Logged(NamedTuple):
    """A delivery as the log shows it."""

    delivery: Delivery
    event: Event | None
    what: str


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """All webhooks; a form makes one more, and shows its secret this once."""
    office.insist(request, Permission.ADMINISTER, REFUSED)
    if request.method != "POST":
        return _page(request)
    url, chosen = request.POST.get("url", "")[:1000], request.POST.getlist("verb")
    try:
        made = hooks.make(office.user_of(request), office.house_of(request), url, chosen)
    except hooks.HookError as error:
        return _page(request, trouble=str(error), typed=url, chosen=chosen)
    return _page(request, made=made)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, hook_id: int) -> HttpResponse:
    """One webhook: where to and of what, and the log."""
    hook = _hook(request, hook_id)
    if request.method != "POST":
        return _one(request, hook)
    url, chosen = request.POST.get("url", "")[:1000], request.POST.getlist("verb")
    try:
        hooks.change(office.user_of(request), hook, url, tuple(chosen))
    except hooks.HookError as error:
        return _one(request, hook, str(error), url)
    messages.success(request, "Saved.")
    return redirect("web:webhook", hook.pk)


@require_POST
def ping(request: HttpRequest, hook_id: int) -> HttpResponse:
    """Send a trial event now."""
    hook = _hook(request, hook_id)
    if trouble := hooks.ping(office.user_of(request), hook):
        messages.error(request, f"The trial did not arrive. {trouble}")
    else:
        messages.success(request, "The trial arrived.")
    return redirect("web:webhook", hook.pk)


@require_POST
def switch(request: HttpRequest, hook_id: int) -> HttpResponse:
    """Let it rest, or begin again."""
    hook = _hook(request, hook_id)
    hooks.switch(office.user_of(request), hook, on="on" in request.POST)
    return redirect("web:webhook", hook.pk)


@require_POST
def remove(request: HttpRequest, hook_id: int) -> HttpResponse:
    """End it."""
    hooks.remove(office.user_of(request), _hook(request, hook_id))
    messages.success(request, "The webhook is removed.")
    return redirect("web:webhooks")


@require_POST
def send_again(request: HttpRequest, delivery_id: int) -> HttpResponse:
    """Have one event sent again with the next run of the job."""
    office.insist(request, Permission.ADMINISTER, REFUSED)
    delivery = office.found(request, Delivery, delivery_id)
    hooks.send_again(office.user_of(request), delivery)
    messages.success(request, "It is sent again within a minute.")
    return redirect("web:webhook", delivery.webhook_id)


def _hook(request: HttpRequest, hook_id: int) -> Webhook:
    office.insist(request, Permission.ADMINISTER, REFUSED)
    return office.found(request, Webhook, hook_id)


def _page(request: HttpRequest, made: hooks.Made | None = None, **typed: Any) -> HttpResponse:  # noqa: ANN401  fields
    user, organization = office.user_of(request), office.house_of(request)
    context = {
        "rows": visible_to(user, Webhook).order_by("pk")[: hooks.MOST_HOOKS],
        "boxes": _boxes(hooks.verbs(organization), typed.get("chosen", [])),
        "made": made,
        "url": typed.get("typed", ""),
        "trouble": typed.get("trouble", ""),
        "pauses": len(hooks.PAUSES),
        "failures": hooks.FAILURES,
    }
    return office.page(request, "webhooks.html", context)


def _one(request: HttpRequest, hook: Webhook, trouble: str = "", url: str = "") -> HttpResponse:
    known = sorted({*hooks.verbs(hook.organization), *hook.verbs})
    context = {
        "hook": hook,
        "url": url or hook.url,
        "boxes": _boxes(known, hook.verbs),
        "log": [Logged(each, event, _what(event)) for each, event in hooks.log(hook)],
        "shown": hooks.LOG,
        "trouble": trouble,
    }
    return office.page(request, "webhook.html", context)


def _boxes(known: list[str], chosen: list[str]) -> list[Box]:
    return [Box(verb, verbs.said(verb), verb in chosen) for verb in known]


def _what(event: Event | None) -> str:
    return verbs.said(event.verb) if event else "a trial"
