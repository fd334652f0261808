"""Saved views: a question to the queue under a name."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from reclaim.desk import views
from reclaim.people.actions import PeopleError
from reclaim.web import office, question


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what the queue shows now; the address of the form is that of the queue."""
    asked, given = question.understood(request), request.POST
    wanted = views.View(given.get("name", ""), asked.query(), asked.columns, shared=bool(given.get("shared")))
    try:
        kept = views.save(office.user_of(request), office.house_of(request), wanted)
    except PeopleError as error:
        messages.error(request, str(error))
        return redirect(asked.to("web:queue"))
    messages.success(request, f"The view {kept.name!r} is kept.")
    return redirect(question.view_href(kept))


@require_POST
def remove(request: HttpRequest, view_id: int) -> HttpResponse:
    """End a view."""
    view = get_object_or_404(views.views_of(office.user_of(request)), pk=view_id)
    name = view.name
    try:
        views.remove(office.user_of(request), view)
    except PeopleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The view {name!r} is removed.")
    return redirect(question.understood(request).to("web:queue"))
