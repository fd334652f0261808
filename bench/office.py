"""The office in which bench.desk works: cases and people are made before, and what people did is proved afterwards.

Run beside the server, for a process knows one database: `python -m bench.office make|prove`; both answer in JSON.
"""

import json
import secrets
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reclaim.config import start

BYTES_OF_A_CASE = 1_900
"""Of a file of bench.big835, for each case that it opens."""
MANAGERS = 10
"""One of so many is a manager, who assigns; the others are billers."""
SHARED = 8
"""Cases that everybody opens now and then."""


def make(cases: int, users: int) -> dict[str, Any]:
    """An organization with open cases of a real file, and people who are signed in.

    Returns:
        how many `cases`, the `cookie` of each person, some `shared` cases, and the newest `event`.
    """
    from django.conf import settings  # noqa: PLC0415  Django is ready only now
    from django.db import connection  # noqa: PLC0415  the same
    from django.test import Client  # noqa: PLC0415  the same

    from bench.big835 import generate  # noqa: PLC0415  the same
    from reclaim import reception  # noqa: PLC0415  the same
    from reclaim.desk.models import Case  # noqa: PLC0415  the same
    from reclaim.people.models import Event, Membership, Organization, Role, User  # noqa: PLC0415  the same

    house = Organization.objects.create(name="Fernhollow", slug="fernhollow")
    path = settings.DATA / "office.835"
    generate(path, cases * BYTES_OF_A_CASE)
    with path.open("rb") as stream:
        reception.process(reception.accept(house, None, path.name, stream, "command").pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    cookies = []
    for number in range(users):
        role = Role.BILLER if number % MANAGERS else Role.MANAGER
        email = f"{role}{number}@fernhollow.example"
        user = User.objects.create_user(username=email, email=email, password=None)
        Membership.objects.create(organization=house, user=user, role=role)
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        cookies.append([user.pk, settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value])
    return {
        "cases": Case.objects.filter(state="open").count(),
        "cookies": cookies,
        "csrf": [settings.CSRF_COOKIE_NAME, secrets.token_hex(16)],
        "shared": list(Case.objects.order_by("-score").values_list("pk", flat=True)[:SHARED]),
        "event": Event.objects.latest("pk").pk,
    }


def prove(since: int, done: list[tuple[int, int, str, int]]) -> list[str]:
    """What is wrong afterwards; nothing when all that was acknowledged is there once, and nothing else.

    Args:
        since: the last event from before.
        done: user, case, action and version seen of all that the site said it had done.
    """
    import reclaim.desk.actions  # noqa: F401, PLC0415  fills the register; Django is ready only now
    from reclaim.desk.acting import ACTIONS  # noqa: PLC0415  the same
    from reclaim.people import events  # noqa: PLC0415  the same
    from reclaim.people.models import Event, Organization  # noqa: PLC0415  the same

    told = Counter((user, f"desk.case:{case}", ACTIONS[name].verb, seen + 1) for user, case, name, seen in done)
    fresh = Event.objects.filter(pk__gt=since, detail__has_key="version")
    kept = Counter((each.user_id, each.subject, each.verb, each.detail["version"]) for each in fresh)
    by_people = Counter({each: many for each, many in kept.items() if each[0] is not None})
    wrong = [f"{many} acknowledged without an event: {each}" for each, many in (told - by_people).items()]
    wrong += [f"{many} events that nobody was told of: {each}" for each, many in (by_people - told).items()]
    wrong += _versions(kept)
    wrong += [str(fault) for house in Organization.objects.all() for fault in events.verify(house)]
    return wrong


def _versions(kept: Counter[tuple[int | None, str, str, int]]) -> Iterator[str]:
    """Each change makes one version, and none is made twice; each note that was written is there."""
    from reclaim.desk.models import Case, Note  # noqa: PLC0415  Django is ready only now

    made: dict[str, list[int]] = {}
    for _, subject, _, version in kept.elements():
        made.setdefault(subject, []).append(version)
    for pk, version in Case.objects.values_list("pk", "version"):
        found = sorted(made.get(f"desk.case:{pk}", []))
        if found != list(range(2, version + 1)):
            yield f"case {pk} stands at version {version}, its events made {found}"
    noted = sum(many for (_, _, verb, _), many in kept.items() if verb == "noted")
    if noted != Note.objects.count():
        yield f"{noted} notes were written, {Note.objects.count()} are there"


def main(words: list[str]) -> None:
    """`make CASES USERS`, or `prove FILE` with the event and what was done."""
    start.django()
    if words[0] == "make":
        print(json.dumps(make(*map(int, words[1:]))))
    else:
        print(json.dumps(prove(*json.loads(Path(words[1]).read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main(sys.argv[1:])
