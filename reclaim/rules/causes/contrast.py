"""What paid claims have that this one has not: counts over siblings, and when they tell."""

from collections.abc import Callable, Iterable, Sequence
from math import log
from typing import NamedTuple

from reclaim.rules.causes.kit import Case, Sibling
from reclaim.rules.sent import Sent, SentLine

FEWEST = 8
"""Siblings below this say nothing: of 8 of 8 one can be 90 % sure that at least three in four have it."""
MOST_HAVE = 0.9
"""The share of siblings from which it is worth saying."""


class Share(NamedTuple):
    """How many of some paid siblings have something."""

    have: int
    of: int

    @property
    def tells(self) -> bool:
        """Whether they are enough, and nearly all of them have it."""
        return self.of >= FEWEST and self.have >= MOST_HAVE * self.of

    @property
    def weight(self) -> float:
        """How much likelier its absence makes a fault: paid claims seldom lack it (rule of succession), at most 4."""
        return min(-log((self.of - self.have + 1) / (self.of + 2)), 4.0) if self.of >= FEWEST else 0.0


Alike = Callable[[SentLine, Sent], object]
"""What siblings and this claim must have in common."""


def _company(line: SentLine, sent: Sent) -> object:
    return frozenset(other.procedure.text for other in sent.lines if other.number != line.number)


def _place(line: SentLine, sent: Sent) -> object:
    return line.place_of_service.text or sent.place_of_service.text


def _payer(_line: SentLine, sent: Sent) -> object:
    return sent.payer_id.text


def _provider(_line: SentLine, sent: Sent) -> object:
    return sent.rendering.npi.text or sent.attending.npi.text


CODED: Sequence[Sequence[Alike]] = (
    (_payer, _company, _place),
    (_company, _place),
    (_payer, _place),
    (_place,),
    (),
)
"""For what is coded: first the same payer, company and place, then less and less."""
PLACED: Sequence[Sequence[Alike]] = ((_payer, _provider, _company), (_provider, _company), (_provider,), (_payer,), ())
"""For where care is given."""
PAYERS: Sequence[Sequence[Alike]] = ((_payer, _company), (_payer,))
"""For what is the payer's own wish."""


def alike(case: Case, line: SentLine, steps: Sequence[Sequence[Alike]]) -> Sequence[Sibling]:
    """The siblings that are most like a line and still enough; none when there never are."""
    same = case.siblings.get(line.procedure.text, ())
    if len(same) < FEWEST:
        return ()
    for step in steps:
        found = same
        for common in step:
            wanted = common(line, case.sent)
            found = [one for one in found if common(one.line, one.sent) == wanted]
        if len(found) >= FEWEST:
            return found
    return ()


def rarity(case: Case, line: SentLine, has: Callable[[Sibling], bool]) -> float:
    """How much likelier the absence of something makes a fault, also where siblings are too few to be named.

    From the share of this payer's siblings that lack it, drawn with the weight of two towards the share of all payers'.

    Returns:
        The natural logarithm; near 0 where hardly any sibling has it, at most 4.
    """
    same = case.siblings.get(line.procedure.text, ())
    every = share(same, has)
    own = share((one for one in same if one.sent.payer_id.text == case.sent.payer_id.text), has)
    lacking = (every.of - every.have + 1) / (every.of + 2)
    return min(-log((own.of - own.have + 2 * lacking) / (own.of + 2)), 4.0)


def share(siblings: Iterable[Sibling], has: Callable[[Sibling], bool]) -> Share:
    """How many have it."""
    found = [has(one) for one in siblings]
    return Share(sum(found), len(found))
