"""What one is told: the bell of every page, the list, and the choice of what, how and when."""

from datetime import date, datetime, time
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reclaim.desk import alerts
from reclaim.desk.alerts import PAGE, SORTS, ChoiceError, Wish
from reclaim.desk.models import Alert
from reclaim.web import office
from reclaim.web.parts import number

QUEUES = {"due": "due=week", "overdue": "due=overdue", "large": "over=1000"}
"""Where an alert that names no case leads: to the queue, narrowed so."""


class Told(NamedTuple):
    """An alert as the list shows it."""

    alert: Alert
    at: datetime
    day: date


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """One's alerts, the newest first; those not read, or all."""
    user = office.user_of(request)
    every, before = request.GET.get("all") == "1", number(request.GET.get("before", ""))
    rows = alerts.mine(user).order_by("-pk")
    if not every:
        rows = rows.filter(read_at=None)
    if before:
        rows = rows.filter(pk__lt=before)
    some = list(rows[: PAGE + 1])
    shown = some[:PAGE]
    context = {
        "rows": [_told(each) for each in shown],
        "every": every,
        "next": _address(every=every, before=shown[-1].pk) if len(some) > PAGE else "",
        "first": not before,
        "unread": alerts.unread(user),
        "counted": alerts.COUNTED,
        "today": timezone.localdate(),
    }
    return office.page(request, "alerts.html", context)


@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The bell alone, which every page asks for by itself."""
    return render(request, "components/bell.html", {"told": alerts.unread(office.user_of(request)), "polled": True})


@require_GET
def follow(request: HttpRequest, alert_id: int) -> HttpResponse:
    """To what an alert is about; it is read then."""
    alert = alerts.read(office.user_of(request), alert_id)
    if alert is None:
        raise Http404("There is no such alert.")
    if alert.case_id is not None:
        return redirect("web:case", alert.case_id)
    if alert.sort == "webhook":
        return redirect("web:webhooks")
    if alert.sort == "connection":
        return redirect("web:connections")
    return redirect(f"{reverse('web:queue')}?{QUEUES.get(alert.sort, '')}".rstrip("?"))


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """All are read."""
    alerts.read_all(office.user_of(request))
    return redirect("web:alerts")


@require_http_methods(["GET", "POST"])
def choices(request: HttpRequest) -> HttpResponse:
    """What one is told, by mail or not, and when not."""
    user = office.user_of(request)
    if request.method != "POST":
        return _choices(request, alerts.wish(user))
    try:
        wanted = _wish(request)
        alerts.choose(user, office.house_of(request), wanted)
    except ChoiceError as error:
        return _choices(request, alerts.wish(user), str(error))
    messages.success(request, "Your choice is saved.")
    return redirect("web:alert_choices")


def _wish(request: HttpRequest) -> Wish:
    wanted = request.POST.getlist("sort")
    if unknown := set(wanted) - SORTS.keys():
        raise ChoiceError(f"There is nothing called {min(unknown)[:40]!r} to be told.")
    unwanted = tuple(sort for sort in SORTS if sort not in wanted)
    return Wish(unwanted, "digest" in request.POST, *(_time(request.POST.get(each, "")) for each in ("from", "to")))


def _time(text: str) -> time | None:
    if not text.strip():
        return None
    try:
        return time.fromisoformat(text.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as error:
        raise ChoiceError("Write times as hours and minutes: 18:30.") from error


def _choices(request: HttpRequest, wanted: Wish, trouble: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "sorts": [(sort, said, sort not in wanted.unwanted) for sort, said in SORTS.items()],
        "wish": wanted,
        "trouble": trouble,
    }
    return office.page(request, "alert_choices.html", context)


def _told(alert: Alert) -> Told:
    at = timezone.localtime(alert.at)
    return Told(alert, at, at.date())


def _address(*, every: bool, before: int) -> str:
    return f"{reverse('web:alerts')}?{'all=1&' if every else ''}before={before}"
