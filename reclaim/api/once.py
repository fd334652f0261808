"""Idempotency keys: a request that is sent twice, because its answer was lost, is done once."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from reclaim.api import problems
from reclaim.api.entrance import house_of, user_of
from reclaim.api.models import Kept

HEADER = "Idempotency-Key"
AGAIN = "Idempotency-Replayed"
LONGEST = 80
KEPT = timedelta(days=1)


def once(request: HttpRequest, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Do something, or give the answer that it had under the same key.

    What is done and the answer are kept together or not at all; who asks the same at the same time waits. Refusals are
    answers too. Without a key it is simply done.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return _answered(work)
    if not (0 < len(key) <= LONGEST and key.isascii() and key.isprintable()):
        return problems.problem(422, f"{HEADER}: choose 1 to {LONGEST} letters and digits, such as a UUID.")
    user, asked = user_of(request), _fingerprint(request)
    with transaction.atomic():
        Kept.objects.filter(at__lt=timezone.now() - KEPT).delete()
        kept, new = Kept.objects.get_or_create(
            organization=house_of(user), user=user, key=key, defaults={"asked": asked, "at": timezone.now()}
        )
        if not new:
            return _again(kept, asked)
        answer = _answered(work)
        kept.status, kept.answer = answer.status_code, answer.content.decode()
        kept.save(update_fields=["status", "answer"])
        return answer


def _again(kept: Kept, asked: str) -> HttpResponse:
    if kept.asked != asked:
        return problems.problem(422, f"This {HEADER} was used for another request. Choose a new one for each.")
    media = "application/json" if kept.status < 400 else problems.MEDIA
    return HttpResponse(kept.answer, status=kept.status, content_type=media, headers={AGAIN: "true"})


def _answered(work: Callable[[], HttpResponse]) -> HttpResponse:
    try:
        return work()
    except problems.EXPECTED as error:
        return problems.answer_to(error)


def _fingerprint(request: HttpRequest) -> str:
    asked = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(asked).hexdigest()
