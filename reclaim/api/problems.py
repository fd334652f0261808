"""What goes wrong, as programs read it: application/problem+json (RFC 9457), in words that say what to do instead."""

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, cast

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFilesSent
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from reclaim.desk.acting import ActionError, ConflictError

log = logging.getLogger(__name__)

MEDIA = "application/problem+json"
EXPECTED: tuple[type[Exception], ...] = (ActionError, PermissionDenied, Http404, HttpError)
"""What may happen while something is done: an answer, not a fault of ours."""
_SIGN_IN = "Send a key of this installation that is still good: Authorization: Bearer rcl_..."
_NOT_FOUND = "There is no such thing here, or it is not yours to see."
_BROKEN = "What came is broken, was cut off, or is too large. Send it again, in smaller parts."
_OURS = "This is a fault of ours, not of your request. Nothing was changed; the log of the server says where."


def problem(status: int, detail: str, errors: Iterable[Mapping[str, str]] = ()) -> HttpResponse:
    """An answer that says what is wrong.

    Args:
        status: of HTTP.
        detail: what is wrong, and what to do instead.
        errors: for each field that is wrong, its `place` ("body.version") and `detail`.
    """
    told: dict[str, Any] = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if every := list(errors):
        told["errors"] = every
    return JsonResponse(told, status=status, content_type=MEDIA)


def answer_to(error: Exception) -> HttpResponse:
    """The answer to something that is expected to happen (see `EXPECTED`)."""
    match error:
        case ConflictError():
            return problem(409, str(error))
        case ActionError():
            return problem(422, str(error))
        case PermissionDenied():
            return problem(403, str(error) or "Your role, or this key, does not include it.")
        case Http404():
            return problem(404, _NOT_FOUND)
        case HttpError():
            return problem(error.status_code, str(error))
    raise error


def teach(api: NinjaAPI) -> None:
    """Have an API answer so, whatever happens."""
    for kind in EXPECTED:
        api.add_exception_handler(kind, lambda _, error: answer_to(cast("Exception", error)))
    api.add_exception_handler(AuthenticationError, lambda *_: _signed_out())
    api.add_exception_handler(Throttled, lambda *_: problem(429, "Too many requests. Wait as Retry-After says."))
    api.add_exception_handler(ValidationError, lambda _, error: _invalid(cast("ValidationError", error)))
    for kind in (SuspiciousOperation, RequestDataTooBig, TooManyFilesSent, MultiPartParserError, UnreadablePostError):
        api.add_exception_handler(kind, lambda *_: problem(400, _BROKEN))
    api.add_exception_handler(Exception, lambda request, error: _fault(request, cast("Exception", error)))


def _signed_out() -> HttpResponse:
    answer = problem(401, _SIGN_IN)
    answer["WWW-Authenticate"] = 'Bearer realm="reclaim"'
    return answer


def _invalid(error: ValidationError) -> HttpResponse:
    """Names of fields and what is wrong with them; never what was sent, which may name a patient."""
    wrong = [{"place": ".".join(map(str, each["loc"])), "detail": str(each["msg"])} for each in error.errors]
    said = "; ".join(f"{each['place']}: {each['detail']}" for each in wrong[:3])
    return problem(422, f"Some of what was sent cannot be: {said}.", wrong)


def _fault(request: HttpRequest, error: Exception) -> HttpResponse:
    got_request_exception.send(sender=None, request=request)
    log.error("%s %s failed.", request.method, request.path, exc_info=error)
    return problem(500, _OURS)
