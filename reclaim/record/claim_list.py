"""The claims that were sent, as a list: narrowed, counted and searched by indexes, however many there are. Reads only.

ask = Ask.of(request.GET)
page(claims, ask, before)          the newest first, 50 at a time
counts(organization)               how many stand where
payers(organization)               whom they were sent to
searched(claims, text, names=...)  by our number, the payer's, a member id or a patient's last name
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from heapq import nlargest
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import connection, connections
from django.db.models import Count, Q, QuerySet

from reclaim.people.models import Organization
from reclaim.record.models import Claim, Standing
from reclaim.rules.matching import folded

PAGE = 50
FOUND = 500
"""Claims that a search may find; that there are more is said."""
PAYERS = 200
"""Payers that can be chosen from, in the order of their identifiers."""
_PAYERS = """
WITH RECURSIVE named(payer) AS (
    SELECT MIN(payer_key) FROM record_claim WHERE organization_id = %s
    UNION ALL
    SELECT (SELECT MIN(payer_key) FROM record_claim WHERE organization_id = %s AND payer_key > named.payer)
    FROM named WHERE named.payer IS NOT NULL
)
SELECT payer, (SELECT payer_name FROM record_claim WHERE organization_id = %s AND payer_key = payer LIMIT 1)
FROM named WHERE payer IS NOT NULL LIMIT %s
"""
"""Each payer by one step in an index: to look at every claim would take seconds."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Which claims somebody wants to see; every field stands in the address of the page under its name."""

    standing: str = ""
    payer: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Ask":
        """Read an address; what is not understood counts as not asked."""
        standing = given.get("standing", "")
        return cls(
            standing=standing if standing in Standing.values else "",
            payer="".join(filter(str.isprintable, given.get("payer", "")))[:80],
        )

    def address(self, **changed: str) -> str:
        """The query of the address that asks this, with some answers changed."""
        asked = replace(self, **changed)
        return urlencode({each.name: said for each in fields(asked) if (said := getattr(asked, each.name))})


class Payer(NamedTuple):
    """Whom claims were sent to."""

    key: str
    name: str


class Search(NamedTuple):
    """What a search found."""

    ids: list[int]
    cut: bool  # there are more


def page(claims: QuerySet[Claim], ask: Ask, before: int = 0) -> list[Claim]:
    """Some claims, the newest first: a query for each standing that is asked for, each by an index.

    Args:
        claims: all that somebody may see, narrowed by a search if there is one.
        ask: the question.
        before: only claims that came before this one; 0: from the newest.

    Returns:
        One more than a page, when there are more.
    """
    rows = claims.filter(payer_key=ask.payer) if ask.payer else claims
    rows = rows.filter(pk__lt=before) if before else rows
    ways = [rows.filter(standing=each) for each in ([ask.standing] if ask.standing else Standing.values)]
    ids = [pk for way in ways for pk in way.order_by("-pk").values_list("pk", flat=True)[: PAGE + 1]]
    found = Claim.objects.filter(pk__in=nlargest(PAGE + 1, ids)).select_related("batch")
    return list(found.order_by("-pk"))


def counts(claims: QuerySet[Claim], payer: str = "") -> dict[str, int]:
    """How many claims stand where, of one payer or of all."""
    rows = claims.filter(payer_key=payer) if payer else claims
    return dict(rows.values_list("standing").annotate(Count("pk")).order_by())


def payers(organization: Organization) -> list[Payer]:
    """Whom claims of an organization were sent to, by name."""
    with connection.cursor() as cursor:
        cursor.execute(_PAYERS, [organization.pk] * 3 + [PAYERS])
        found = [Payer(key, name or key) for key, name in cursor.fetchall() if key]
    return sorted(found, key=lambda each: each.name)


def searched(claims: QuerySet[Claim], text: str, *, names: bool) -> Search:
    """The claims that a search finds, the newest first.

    Args:
        claims: all that somebody may see.
        text: a number of ours or of the payer, a member id, or how a last name begins.
        names: whether patients are searched, by name and by member id.
    """
    wanted = " ".join(text.upper().split())
    number = folded(wanted)
    ways = [Q(number=number), Q(given_number=wanted) & ~Q(given_number="")] if number else []
    ways += [Q(payer_control_number=wanted) & ~Q(payer_control_number="")] if number else []
    if number and any(map(str.isdigit, number)):
        ways.append(_beginning("number", number))
    if names and wanted:
        ways += [Q(member_id=text.strip()), Q(member_id=wanted), _beginning("patient", wanted)]
    ids: set[int] = set()
    for way in ways:
        ids.update(claims.filter(way).order_by().values_list("pk", flat=True)[: FOUND + 1])
    return Search(nlargest(FOUND, ids), cut=len(ids) > FOUND)


def _beginning(field: str, text: str) -> Q:
    """Texts that begin so, in a way that an index serves: SQLite's LIKE minds no case and so uses none."""
    if connections[Claim.objects.db].vendor == "sqlite":
        return Q(**{f"{field}__gte": text, f"{field}__lt": f"{text}\U0010ffff"})
    return Q(**{f"{field}__startswith": text})
