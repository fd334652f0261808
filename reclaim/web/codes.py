"""The denial code database: every reason and remark code in words, and what this organization saw with it."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from reclaim.codes import lookup, search
from reclaim.codes.lookup import Carc, Rarc
from reclaim.codes.search import Match
from reclaim.insight import kept, seen
from reclaim.insight.seen import Seen
from reclaim.people.access import organization_of, visible_to
from reclaim.people.models import User
from reclaim.record.models import Payer
from reclaim.rules import codepage, handbook
from reclaim.web import words
from reclaim.web.parts import Pager, number

PAGE = 50
PAYERS_SHOWN = 8
LONGEST = 100
KINDS = {"carc": "Reason codes", "rarc": "Remark codes"}
TYPES = {"technical": "Technical", "clinical": "Clinical", "administrative": "Administrative", "none": "No denial"}
SHOWS = {"seen": "Seen here", "retired": "Retired too"}
FILTERS = ("q", "kind", "type", "cause", "show")


class Row(NamedTuple):
    """A code as the list shows it."""

    code: str
    kind: str  # carc | rarc
    meaning: str
    type: str  # technical | clinical | administrative | none; "" for remarks
    cause: str  # of a reason code; the family of a remark
    current: bool
    text: str  # all that a search looks in


class Line(NamedTuple):
    """A row with what was seen of its code."""

    row: Row
    seen: Seen


class Chip(NamedTuple):
    """One choice of a filter."""

    label: str
    codes: int
    on: bool
    href: str


class OfPayer(NamedTuple):
    """What was seen of a code from one payer."""

    name: str
    seen: Seen


# --- the list ---------------------------------------------------------------------------------------------------------


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Codes by search and filter; a code that is typed as such is opened at once."""
    asked = {name: request.GET.get(name, "").strip()[:LONGEST] for name in FILTERS}
    if found := _typed(asked["q"]):
        return redirect("web:code", code=found)
    user = cast("User", request.user)
    known = kept.seen(user)
    counts = seen.by_code(known.found)
    shown = [Line(row, counts.get(row.code, Seen())) for row in _every() if _fits(row, asked, counts)]
    if asked["show"] == "seen":
        shown.sort(key=lambda line: -line.seen.denied)
    here = min(max(number(request.GET.get("page", "")), 1), max(-(-len(shown) // PAGE), 1))
    start = (here - 1) * PAGE
    context = {
        "organization": organization_of(user),
        "asked": asked,
        "lines": shown[start : start + PAGE],
        "any_seen": bool(counts),
        "known": known,
        "near": search.near(asked["q"]) if asked["q"] and not shown else (),
        "pager": _pager(asked, start, len(shown)),
        "narrowed": any(asked.values()),
        **_filters(asked, counts),
    }
    return render(request, "codes.html", context)


def _typed(text: str) -> str:
    """The codes somebody typed, when all of it is codes; "" for words."""
    matches = search.find_all(text) if text else []
    if not matches or not all(match.entry and any(map(str.isdigit, match.asked)) for match in matches):
        return ""
    return " ".join(match.asked for match in matches)


@cache
def _every() -> tuple[Row, ...]:
    return (*map(_reason, lookup.carcs().values()), *map(_remark, lookup.rarcs().values()))


def _reason(carc: Carc) -> Row:
    entry = handbook.entry(carc.code)
    kind = carc.type_if_denied or (carc.type if carc.type != "non_denial" else "none")
    longer = entry.meaning if entry and entry.basis == "code" else ""
    text = f"{carc.code} {carc.meaning} {longer} {words.cause(carc.cause)}".casefold()
    return Row(carc.code, "carc", carc.meaning, kind, carc.cause, carc.status == "current", text)


def _remark(rarc: Rarc) -> Row:
    meaning = lookup.rarc_words(rarc.code)
    text = f"{rarc.code} {meaning} {rarc.element} {words.slug(rarc.family)}".casefold()
    return Row(rarc.code, "rarc", meaning, "", rarc.family, rarc.status == "current", text)


def _fits(row: Row, asked: Mapping[str, str], counts: Mapping[str, Seen], without: str = "") -> bool:
    """Whether a row answers the question, one filter left out."""
    if not row.current and asked["show"] != "retired" and row.code not in counts:
        return False
    if without != "show" and asked["show"] == "seen" and row.code not in counts:
        return False
    if not all(word in row.text for word in asked["q"].casefold().split()):
        return False
    return all(_is(row, name, asked[name]) for name in ("kind", "type", "cause") if asked[name] and name != without)


def _filters(asked: Mapping[str, str], counts: Mapping[str, Seen]) -> dict[str, Any]:
    def chips(name: str, choices: Mapping[str, str]) -> list[Chip]:
        fitting = [row for row in _every() if _fits(row, asked, counts, without=name)]
        return [
            Chip(
                label, sum(_is(row, name, value) for row in fitting), asked[name] == value, _toggled(asked, name, value)
            )
            for value, label in choices.items()
        ]

    seen_count = sum(row.code in counts for row in _every() if _fits(row, asked, counts, without="show"))
    retired = sum(_fits(row, {**asked, "show": "retired"}, counts) for row in _every() if not row.current)
    shows = [
        Chip(label, count, asked["show"] == value, _toggled(asked, "show", value))
        for (value, label), count in zip(SHOWS.items(), (seen_count, retired), strict=True)
    ]
    causes = sorted(((name, cause.title) for name, cause in handbook.causes().items()), key=lambda each: each[1])
    return {
        "groups": [chips("kind", KINDS), chips("type", TYPES), shows],
        "causes": [chip for chip in chips("cause", dict(causes)) if chip.codes or chip.on],
        "cause": words.cause(asked["cause"]) if asked["cause"] else "",
        "any_cause": _address({**asked, "cause": ""}),
    }


def _is(row: Row, name: str, value: str) -> bool:
    if name == "cause":
        return row.kind == "carc" and row.cause == value
    return cast("str", getattr(row, name)) == value


def _toggled(asked: Mapping[str, str], name: str, value: str) -> str:
    return _address({**asked, name: "" if asked[name] == value else value})


def _address(asked: Mapping[str, str], page: int = 1) -> str:
    said = urlencode({name: value for name, value in asked.items() if value} | ({"page": page} if page > 1 else {}))
    return f"{reverse('web:codes')}?{said}" if said else reverse("web:codes")


def _pager(asked: Mapping[str, str], start: int, total: int) -> Pager:
    here, last = start // PAGE + 1, min(start + PAGE, total)
    before = _address(asked, here - 1) if here > 1 else ""
    return Pager(start + 1, last, total, "codes", before, _address(asked, here + 1) if last < total else "")


# --- one code ---------------------------------------------------------------------------------------------------------


@require_GET
def code(request: HttpRequest, code: str) -> HttpResponse:
    """One code, or several that stand together (`CO-16 MA130`): all that is known, and what was seen."""
    user = cast("User", request.user)
    matches = search.find_all(code[:LONGEST])
    said = _said(matches)
    if said is None:
        unknown = {"organization": organization_of(user), "asked": code[:LONGEST], "near": search.near(code[:LONGEST])}
        return render(request, "code_unknown.html", unknown, status=404)
    group = matches[0].group if len(matches) == 1 else ""
    context: dict[str, Any] = {
        "organization": organization_of(user),
        "said": said,
        "group": group,
        "bare": seen.bare(said.code),
        "single": len(matches) == 1,
    }
    if len(matches) == 1 and isinstance(matches[0].entry, Carc | Rarc):
        context |= _seen(user, said.code)
    return render(request, "code.html", context)


def _said(matches: list[Match]) -> codepage.Said | None:
    if len(matches) == 1:
        return codepage.said(matches[0], words.day)
    reasons = [
        f"{match.group}-{match.entry.code}" for match in matches if isinstance(match.entry, Carc) and match.group
    ]
    remarks = tuple(match.entry.code for match in matches if isinstance(match.entry, Rarc))
    if reasons and remarks:
        return codepage.together(reasons[0], remarks)
    return next((said for match in matches if (said := codepage.said(match, words.day))), None)


def _seen(user: User, code: str) -> dict[str, Any]:
    """What the organization saw of a code, with its group only under that, by payer."""
    known = kept.seen(user)
    found = seen.by_payer(known.found, code)
    names = dict(visible_to(user, Payer).filter(pk__in=list(found)[:PAYERS_SHOWN]).values_list("pk", "name"))
    shown = [OfPayer(names.get(payer, ""), each) for payer, each in list(found.items())[:PAYERS_SHOWN]]
    return {
        "seen": _all(found.values()),
        "payers": shown,
        "more_payers": len(found) - len(shown),
        "known": known,
    }


def _all(found: Iterable[Seen]) -> Seen:
    total = Seen()
    for each in found:
        total = total.plus(each)
    return total
