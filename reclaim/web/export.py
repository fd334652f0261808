"""The queue as a file: the cases, order and columns of the page, sent as they are read; nothing of it is kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from django.contrib import messages
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from reclaim.desk import exporting, queue
from reclaim.desk.exporting import Taken
from reclaim.desk.models import Case
from reclaim.people.access import Permission, may
from reclaim.web import again, cells, columns, office, question, words
from reclaim.web.queue import level, why

CSV = "text/csv; charset=utf-8"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"
"""With it, Excel reads a CSV as UTF-8."""


class Part(NamedTuple):
    """What a column of the queue is in a file."""

    headings: tuple[str, ...]
    cells: Callable[[Case, bool], tuple[cells.Cell, ...]]  # of a case; whether names are shown


def _why(case: Case, _: bool) -> tuple[cells.Cell, ...]:
    return why(case), words.action(case.action, case.line_of_business), case.codes, words.cause(case.cause)


def _patient(case: Case, names: bool) -> tuple[cells.Cell, ...]:
    return case.patient if names else words.masked(case.patient), case.control_number


def _owner(case: Case, _: bool) -> tuple[cells.Cell, ...]:
    return ((case.owner.get_full_name() or case.owner.email) if case.owner else "",)


def _worked(case: Case, _: bool) -> tuple[cells.Cell, ...]:
    return (case.worked_at.date() if case.worked_at else None,)


def _field(name: str) -> Callable[[Case, bool], tuple[cells.Cell, ...]]:
    return lambda case, _: (getattr(case, name),)


PARTS: Mapping[str, Part] = {
    "priority": Part(("Priority (0 to 5)",), lambda case, _: (level(case),)),
    "deadline": Part(
        ("Deadline", "Deadline for"),
        lambda case, _: (case.deadline, words.until(case.deadline_kind) if case.deadline else ""),
    ),
    "why": Part(("Why denied", "Next step", "Codes", "Cause"), _why),
    "type": Part(("Type",), _field("type")),
    "payer": Part(("Payer", "Line of business"), lambda case, _: (case.payer.name, words.line(case.line_of_business))),
    "patient": Part(("Patient", "Claim"), _patient),
    "location": Part(("Location",), lambda case, _: (case.location.name if case.location else "",)),
    "provider": Part(("Provider (NPI)", "Paid to (NPI)"), lambda case, _: (case.provider, case.payee)),
    "service": Part(("Date of service",), _field("service_from")),
    "opened": Part(("First denied",), _field("opened")),
    "charge": Part(("Charged",), _field("charge")),
    "denied": Part(("Denied",), _field("denied")),
    "expected": Part(("Expected back",), _field("expected")),
    "recovered": Part(("Recovered",), _field("recovered")),
    "owner": Part(("Owner",), _owner),
    "stage": Part(("Stage",), lambda case, _: (case.get_stage_display(),)),
    "worked": Part(("Last worked",), _worked),
    "state": Part(("State",), lambda case, _: (case.get_state_display(),)),
}
"""Every column that the queue can show."""


@require_GET
def cases(request: HttpRequest) -> HttpResponseBase:
    """All cases that are asked for; that they were taken is an event, written before the first leaves."""
    office.insist(request, Permission.EXPORT, "Your role takes no lists out of the house.")
    if not again.recently_signed_in(request):
        return again.sign_in_again(request)
    asked, excel = question.understood(request), request.GET.get("format") == "xlsx"
    shown = [each.name for each in columns.shown(asked.columns, states=asked.ask.state == queue.ALL)]
    narrowed = queue.asked(question.cases_of(request, asked), asked.ask, asked.today)
    count, names = narrowed.count(), may(request.user, Permission.SEE_PATIENTS)
    if excel and count > exporting.MOST_IN_EXCEL:
        messages.warning(request, f"A sheet of Excel holds {exporting.MOST_IN_EXCEL:,} rows. Choose CSV, or narrow.")
        return redirect(asked.to("web:queue"))
    kind = "xlsx" if excel else "csv"
    taken = Taken(asked.ask, asked.inside.queue.name, count, kind, tuple(shown), names, bool(asked.text))
    exporting.begun(office.user_of(request), office.house_of(request), taken)
    headings = [heading for name in shown for heading in PARTS[name].headings]
    rows = _rows(exporting.cases_in_order(narrowed, asked.ask), shown, names)
    sheet = cells.Sheet("Denials", tuple(headings), rows)
    pieces = cells.book([sheet]) if excel else _pieces(cells.lines(headings, rows))
    answer = StreamingHttpResponse(pieces, content_type=EXCEL if excel else CSV)
    answer["Content-Disposition"] = f'attachment; filename="denials-{asked.today}.{kind}"'
    return answer


def _rows(found: Iterable[Case], shown: list[str], names: bool) -> Iterator[tuple[cells.Cell, ...]]:
    parts = [PARTS[name].cells for name in shown]
    for case in found:
        yield tuple(cell for part in parts for cell in part(case, names))


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    """Some hundred lines at a time, for a server sends piece by piece."""
    some = [BOM]
    for line in lines:
        some.append(line)
        if len(some) > 500:
            yield "".join(some)
            some = []
    yield "".join(some)
