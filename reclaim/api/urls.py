"""The addresses of the API, and the page that describes it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from reclaim.api import acts, cases, claims, files, house, problems, terms
from reclaim.api.entrance import RATE, Key, Rate, Session
from reclaim.api.once import HEADER, LONGEST

ABOUT = f"""What the pages show and do, for programs; the same permissions, the same events.

Send a key with each request: `Authorization: Bearer rcl_...`. An administrator makes one under "API keys", or with
`reclaim token make`. What goes wrong is answered as `application/problem+json`. {RATE} requests a minute for each key.
"""
PROBLEM = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do instead."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["place", "detail"],
                "properties": {"place": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
PROBLEMS = {
    "400": "What came cannot be read.",
    "401": "No key, or one that is no longer good.",
    "403": "The role, or the key, does not include it.",
    "404": "There is no such thing, or it is not yours to see.",
    "405": "The address knows other methods.",
    "409": "Somebody else changed the case in the meantime: read it again.",
    "413": "Too large.",
    "422": "Some of what was sent cannot be; the detail says what and why.",
    "429": "Too many requests: wait as Retry-After says.",
}
ONCE = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
    "description": "The same key and body give the same answer for a day: safe to send again.",
}


class Api(NinjaAPI):
    """The API; its description names what can go wrong with every route."""

    def get_openapi_schema(self, **_: Any) -> OpenAPISchema:  # noqa: ANN401  ninja's signature
        """The description, as OpenAPI has it."""
        schema = super().get_openapi_schema(path_prefix=reverse("api:docs").removesuffix("docs") + "v1/")
        schema["components"]["schemas"]["Problem"] = PROBLEM
        content = {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        wrong = {status: {"description": words, "content": content} for status, words in PROBLEMS.items()}
        for address, methods in schema["paths"].items():
            for method, operation in methods.items():
                operation["responses"] = {str(each): said for each, said in operation["responses"].items()} | wrong
                if method == "post" and "/actions/" in address and not address.endswith(acts.ATTACH):
                    operation["parameters"] = [*operation["parameters"], ONCE]
        return schema


api = Api(
    title="Reclaim",
    version="1",
    description=ABOUT,
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    auth=[Key(), Session()],
    throttle=[Rate()],
)
problems.teach(api)
api.add_router("/cases", cases.router)
api.add_router("/cases", acts.router)
api.add_router("/files", files.router)
api.add_router("/corrections", claims.corrections)
api.add_router("/batches", claims.batches)
api.add_router("/payers", terms.router)
api.add_router("", house.router)


@api.get("/openapi.json", include_in_schema=False)
def description(request: HttpRequest) -> HttpResponse:
    """The description for programs."""
    del request
    return JsonResponse(api.get_openapi_schema())


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The description for people, who can try it as themselves; everything it needs comes from this machine."""
    return render(request, "api.html")


def _door(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Before anything is read: no sign-in page for programs, and nothing that is too large."""

    @login_not_required
    @csrf_exempt  # keys need no protection against forged forms; Session checks it by itself
    @wraps(view)
    def whole(request: HttpRequest, **given: Any) -> HttpResponseBase:  # noqa: ANN401  of any address
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > settings.UPLOAD_BYTES + 1024 * 1024:  # borders of a form
            return problems.problem(
                413, "This is larger than the site takes. `reclaim receive` takes files of any size."
            )
        answer = view(request, **given)
        if answer.status_code == 405:
            told = problems.problem(405, f"This address knows {answer['Allow']}.")
            told["Allow"] = answer["Allow"]
            return told
        return answer

    return whole


@login_not_required
@csrf_exempt
def unknown(request: HttpRequest, rest: str) -> HttpResponse:
    """Any other address below /api/."""
    del request, rest
    return problems.problem(404, "There is no such address. /api/docs describes those that there are.")


def _patterns() -> list[URLPattern]:
    made = [each for each in api.urls[0] if isinstance(each, URLPattern) and each.name != "api-root"]
    for each in made:
        each.callback = _door(each.callback)
    return made


app_name = "api"
urlpatterns = [
    path("docs", page, name="docs"),
    *(path(f"v1/{each.pattern}", each.callback, name=each.name) for each in _patterns()),
    path("<path:rest>", unknown, name="unknown"),
]
