"""Of what sort a denial is: type, cause, owner, preventable, and whether it may be appealed."""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from reclaim.codes import lookup
from reclaim.codes.lookup import Carc
from reclaim.rules import handbook, remarks
from reclaim.rules.bearing import Bearing, bearing
from reclaim.rules.facts import Classification, Identification, Kind, Reason
from reclaim.rules.remarks import NoAppeal, Told

_TYPES = "domain page, Three types, many causes"
_SECTION_6 = "engineering rules, 6"


class _Question(NamedTuple):
    """All that a classification depends on: codes, never dollars or patients."""

    kind: Kind
    group: str
    carc: str
    beside: tuple[str, ...]  # the remark codes beside the deciding code
    anywhere: tuple[str, ...]  # all remark codes
    over: str  # why this code stands for others that deny as well; empty: it is the only one
    on: date | None


class _Sort(NamedTuple):
    type: str
    cause: str
    department: str
    preventable: str


_UNKNOWN = _Sort("administrative", "other_unspecified", "billing", "unclear")
_SILENT = _Sort("administrative", "contractual", "contracting", "unclear")


def classify(identification: Identification, on: date | None) -> Classification:
    """Says of what sort a denial is.

    The code with the most dollars decides; of equal ones, the one that tells more; a write-down only when nothing else
    denies. Where the code leaves the cause open, its remark codes tell.

    Args:
        identification: What `identify` or `takeback` answered.
        on: Date of the remittance: codes are judged by it, but a code out of its time is read all the same.

    Returns:
        Type, cause (a root cause of codes/carc.csv; `recoupment` for a takeback), owner, preventable (`unclear` where
        nobody can tell yet), the codes that decided and whether an appeal is possible. Empty words for what is no
        denial. (Domain page, "Three types, many causes"; engineering rules, 3 and 6.)
    """
    kind = identification.kind
    if not kind.is_denial:
        return Classification("", "", "", "", "", False, (Reason("This is no denial.", "no_denial", _TYPES),))
    group, carc, beside, over = _primary(identification)
    return _answer(_Question(kind, group, carc, beside, identification.remarks, over, on))


def _primary(identification: Identification) -> tuple[str, str, tuple[str, ...], str]:
    """Group, reason code and remark codes of the denial that decides, and why it does."""
    denying = identification.denying
    if not denying:
        return "", "", identification.remarks, ""
    beside = identification.beside or (identification.remarks,) * len(denying)
    places = [place for place, one in enumerate(denying) if not _hides(one.group, one.carc)] or range(len(denying))
    equal = [place for place in places if denying[place].amount == denying[places[0]].amount]
    chosen = max(equal, key=lambda place: _tells(denying[place].carc, beside[place])) if len(equal) > 1 else equal[0]
    over = "of those with the same dollars, it tells the most"
    if len(equal) == 1:
        over = "it takes the most dollars" if len(places) > 1 else "the rest is written down without saying why"
    return denying[chosen].group, denying[chosen].carc, beside[chosen], over if len(denying) > 1 else ""


def _hides(group: str, carc: str) -> bool:
    """Whether the code is a write-down, which hides why nothing was paid."""
    return bearing(group, carc) is Bearing.CONTRACT


def _tells(carc: str, beside: tuple[str, ...]) -> int:
    """How much a code says of the cause: by itself, by its remark, nothing, or nothing that we know."""
    if not remarks.is_open(carc):
        return 3
    if remarks.deciding(carc, beside):
        return 2
    return 1 if lookup.carc(carc) else 0


@lru_cache(maxsize=8192)
def _answer(ask: _Question) -> Classification:
    known = lookup.carc(ask.carc)
    told = remarks.deciding(ask.carc, ask.beside, opened=_hides(ask.group, ask.carc))
    sort = _sort(ask, known, told)
    code = f"{ask.group}-{ask.carc}" if ask.carc else ""
    takes = remarks.no_appeal(ask.beside, ask.anywhere)
    return Classification(
        *sort,
        primary=f"{code} {told.code}".strip() if told else code,
        appeal_rights=takes is None,
        reasons=(
            _by_code(ask, code, sort),
            *_by_remark(ask, known, told),
            *_faults(ask, known, told),
            *_appeal(takes),
            *_several(ask, code),
        ),
    )


def _sort(ask: _Question, known: Carc | None, told: Told | None) -> _Sort:
    if told:
        sort = _Sort(told.says.type, told.says.cause, told.says.department, told.says.preventable)
    elif _hides(ask.group, ask.carc):
        sort = _SILENT
    elif known is None:
        sort = _UNKNOWN
    else:
        preventable = "unclear" if _lacks_remark(ask, known) else known.preventable
        own = known.type_if_denied if known.type == "non_denial" else known.type
        sort = _Sort(own or _UNKNOWN.type, known.cause, known.department, preventable)
    return sort._replace(cause="recoupment") if ask.kind is Kind.TAKEBACK else sort


def _lacks_remark(ask: _Question, known: Carc) -> bool:
    return known.remark_required and not remarks.completing(ask.beside)


# --- in words ---------------------------------------------------------------------------------------------------------


def _by_code(ask: _Question, code: str, sort: _Sort) -> Reason:
    what = "A payment taken back" if ask.kind is Kind.TAKEBACK else "A denial"
    says = f"{code} ({lookup.carc_words(ask.carc)})" if code else f"{what} without a reason code"
    cause = handbook.causes().get(sort.cause)
    title = cause.title if cause else sort.cause.replace("_", " ")
    kind = "an administrative" if sort.type == "administrative" else f"a {sort.type}"
    owner = sort.department.replace("_", " ")
    return Reason(f"{says} counts as {kind} denial. Cause: {title}. Owner: {owner}.", "sort", _TYPES)


def _by_remark(ask: _Question, known: Carc | None, told: Told | None) -> Iterator[Reason]:
    if told:
        text = f"Remark {told.code} decides the cause: {lookup.rarc_words(told.code)}."
        yield Reason(text, "remark_decides", "rules/book/remarks.toml")
    for code in ask.beside:
        if lookup.rarc(code) is None:
            yield Reason(
                f"Remark {code} is unknown to our code table, so it decides nothing.", "unknown_remark", _SECTION_6
            )
    if known and _lacks_remark(ask, known):
        text = f"{known.code} says nothing without a remark code, and the payer sent none: ask the payer for it."
        yield Reason(text, "remark_missing", _SECTION_6)


def _faults(ask: _Question, known: Carc | None, told: Told | None) -> Iterator[Reason]:
    """What the payer did wrong with its codes; they are read all the same."""
    for entry in (known, lookup.rarc(told.code) if told else None):
        if entry and not lookup.in_force(entry, ask.on):
            when = f"was not valid on {ask.on:%m/%d/%Y}" if ask.on else "is no longer valid"
            yield Reason(
                f"By our code table, code {entry.code} {when}. It is read all the same.", "code_dates", _SECTION_6
            )
    if known and known.groups and ask.group not in known.groups:
        text = (
            f"{known.code} may stand only under {' or '.join(known.groups)}; the payer sent {ask.group or 'no group'}."
        )
        yield Reason(text, "group_rule", _SECTION_6)
    if known and (not (group := lookup.group(ask.group)) or group.liability == "legacy"):
        yield Reason(f"Group {ask.group or '(empty)'} is not valid in a remittance.", "group_rule", _SECTION_6)


def _appeal(takes: tuple[str, NoAppeal] | None) -> Iterator[Reason]:
    if takes:
        code, row = takes
        yield Reason(f"No appeal. {code}: {row.words}.", "no_appeal", _SECTION_6)


def _several(ask: _Question, code: str) -> Iterator[Reason]:
    if ask.over:
        yield Reason(f"Of several codes that deny, {code} stands for all: {ask.over}.", "primary", _TYPES)
