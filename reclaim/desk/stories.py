"""The story of a claim: all that was sent of it, first claim, new ones and replacements, and how far it has come.

Versions belong together by our number, payer and day of service, by the chain that the record links (`Claim.original`),
and by corrections made here (`Correction.result`), whatever number those got. Reads only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import QuerySet

from reclaim.desk.models import NO_ANSWER, REJECTED, Correction
from reclaim.people.models import Organization
from reclaim.record.loader import batches
from reclaim.record.models import Claim, Standing

IN = (Standing.ACCEPTED, Standing.ANSWERED)
"""The payer has the claim."""
WAITING = (Standing.SENT, Standing.RECEIVED, Standing.ACCEPTED)
"""An answer is still to come."""
VOID = "8"
READ = (
    *("organization", "kind", "control_number", "number", "payer_key", "payer_name", "filing_indicator", "frequency"),
    *("charge", "service_from", "service_to", "patient", "billing_npi", "rendering_npi", "sent_on", "original"),
    *("standing", "received_on", "accepted_on", "rejected_on", "answered_on", "given_number", "batch"),
)
"""What is read of each claim."""
CHAIN = 5
"""Corrections of corrections that are followed."""

Name = tuple[str, str, str]
"""Day of service, number and payer."""


class Story(NamedTuple):
    """What was sent of one claim to one payer, the oldest first; never empty."""

    name: Name
    versions: Sequence[Claim]

    @property
    def newest(self) -> Claim:
        """What was sent last."""
        return self.versions[-1]

    @property
    def rejections(self) -> int:
        """How often it was turned back."""
        return sum(each.rejected_on is not None for each in self.versions)

    @property
    def rejected(self) -> Claim | None:
        """The last that was turned back."""
        return next((each for each in reversed(self.versions) if each.rejected_on is not None), None)

    @property
    def cured(self) -> bool:
        """Whether the payer has what was turned back: that itself, or one that was sent no earlier."""
        last = self.rejected
        return last is None or any(each.standing in IN and _day(each) >= _day(last) for each in self.versions)

    @property
    def taken(self) -> bool:
        """Whether the payer has any of them."""
        return any(each.standing in IN for each in self.versions)

    @property
    def silent(self) -> Claim | None:
        """The last that was sent, where nobody has answered any of them."""
        open_ = self.newest.standing in WAITING and self.newest.frequency != VOID
        answered = any(each.standing == Standing.ANSWERED for each in self.versions)
        return self.newest if open_ and not answered else None

    @property
    def arrived_on(self) -> date | None:
        """The last day on which the payer took one in or answered."""
        return max((day for each in self.versions for day in (each.accepted_on, each.answered_on) if day), default=None)

    def key(self, kind: str) -> str:
        """The key of its case of a kind that is counted apart."""
        return f"{kind}:{'/'.join(self.name)}"[:140]

    @property
    def keys(self) -> tuple[str, str]:
        """Of both kinds."""
        return self.key(REJECTED), self.key(NO_ANSWER)


def story_of(claim: Claim) -> Story | None:
    """The story that a claim is part of; None for a test."""
    return next(iter(_of(claim.organization_id, {claim.pk: claim})), None) if not claim.test else None


def stories(organization: Organization, claims: Iterable[int]) -> list[Story]:
    """The stories that some claims are part of, each once; tests are left out.

    Args:
        organization: whose claims.
        claims: their ids, as many as one query asks for.
    """
    return _of(organization.pk, _sent(organization.pk).in_bulk(list(claims)))


def _sent(organization: int) -> QuerySet[Claim]:
    return Claim.objects.filter(organization=organization, test=False).only(*READ)


def _of(organization: int, seeds: Mapping[int, Claim]) -> list[Story]:
    every = _sent(organization)
    links = _links(organization, seeds)
    above = every.in_bulk({parent for parent in links.values() if parent not in seeds})
    numbers = {each.number for each in (*seeds.values(), *above.values()) if each.number}
    known = {**seeds, **above}
    known |= {each.pk: each for some in batches(sorted(numbers)) for each in every.filter(number__in=some)}
    fresh = set(known)
    for _ in range(CHAIN):
        below = _below(organization, fresh)
        links |= below
        fresh = set(below) - set(known)
        if not fresh:
            break
        for some in batches(sorted(fresh)):
            known |= every.in_bulk(some)
    return _told(known, links, seeds)


def _links(organization: int, seeds: Mapping[int, Claim]) -> dict[int, int]:
    """The claim that each follows, by its id."""
    links = {each.pk: each.original_id for each in seeds.values() if each.original_id is not None}
    made = Correction.objects.filter(organization=organization, result__in=list(seeds))
    return links | dict(made.values_list("result_id", "claim_id"))


def _below(organization: int, claims: Iterable[int]) -> dict[int, int]:
    """What follows some claims, with the claim that it follows."""
    found: dict[int, int] = {}
    for some in batches(sorted(claims)):
        found |= dict(Claim.objects.filter(original__in=some).values_list("pk", "original_id"))
        made = Correction.objects.filter(organization=organization, claim__in=some, result__isnull=False)
        found |= dict(made.values_list("result_id", "claim_id"))
    return found


def _told(known: Mapping[int, Claim], links: Mapping[int, int], seeds: Iterable[int]) -> list[Story]:
    above: dict[Name, Name] = {}
    for child, parent in links.items():
        if child in known and parent in known:
            above[_name(known[child])] = _name(known[parent])
    groups: dict[Name, list[Claim]] = defaultdict(list)
    for each in known.values():
        groups[_root(_name(each), above)].append(each)
    wanted = dict.fromkeys(_root(_name(known[each]), above) for each in seeds)
    return [Story(name, sorted(groups[name], key=lambda each: (_day(each), each.pk))) for name in wanted]


def _root(name: Name, above: Mapping[Name, Name]) -> Name:
    seen = {name}
    while (parent := above.get(name)) and parent not in seen:
        seen.add(parent)
        name = parent
    return name


def _name(claim: Claim) -> Name:
    day = f"{claim.service_from:%Y%m%d}" if claim.service_from else ""
    return day, claim.number or f"claim {claim.pk}", claim.payer_key


def _day(claim: Claim) -> date:
    return claim.sent_on or date.min
