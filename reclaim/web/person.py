"""One's own page: where one works and as what, the password, the second factor; and the choice of another workplace."""

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from reclaim.people.access import membership_of, organization_of, organizations_of, switch
from reclaim.people.models import User
from reclaim.web.parts import number


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Who one is here, and the organizations one may choose from."""
    user = cast("User", request.user)
    context = {"membership": membership_of(user), "organizations": organizations_of(user)}
    return render(request, "person.html", context)


@require_POST
def work_in(request: HttpRequest) -> HttpResponse:
    """Work in another of one's organizations from now on; of all others nothing is said."""
    if not switch(request, number(request.POST.get("organization", ""))):
        raise Http404("There is no such organization.")
    messages.success(request, f"You now work in {organization_of(cast('User', request.user))}.")
    return redirect("web:home")
