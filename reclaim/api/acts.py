"""What programs can do about cases: one route for each action of the desk, made from it.

The body of a route follows from what the action's function takes: a text is a text, a `User` the id of one, a value
such as `Talk` its fields. An action that takes something else gets no route until `_field` knows it (a test says so).
"""

from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from functools import cache
from inspect import Parameter, signature
from typing import Annotated, Any, BinaryIO, Literal, cast, get_type_hints

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import File, Form, Router, UploadedFile
from pydantic import BaseModel, ConfigDict, Field, create_model

from reclaim import reception
from reclaim.api.cases import tag
from reclaim.api.entrance import house_of, user_of
from reclaim.api.once import once
from reclaim.api.shapes import CaseShort
from reclaim.desk import actions, documents
from reclaim.desk.acting import ACTIONS, Action, ActionError
from reclaim.desk.models import Case, Contact, Document, Sent, Task, WriteOff
from reclaim.people.access import visible_to
from reclaim.people.actions import insist
from reclaim.people.models import Location, Team, User

router = Router(tags=["Actions"])

ATTACH = "attach"
"""Its bytes come with it, so it has a route of its own."""
MANY = ("assign", "snooze")
"""Actions that can be done to many cases at once."""
MOST = 500
"""Cases of one such request."""
CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("classify", "type"): actions.TYPES,
    ("ask", "of"): tuple(Task.Of.values),
    ("contact", "way"): tuple(Contact.Way.values),
    ("mark_sent", "what"): tuple(Sent.What.values),
    ("mark_sent", "way"): tuple(Contact.Way.values),
    ("record_answer", "answer"): tuple(Sent.Answer.values),
    ("write_off", "reason"): tuple(WriteOff.Reason.values),
    ("close", "outcome"): tuple(map(str, actions.CLOSES)),
}
"""Texts that come from a list, so that the description of the API can name them; the actions check them again."""

Text = Annotated[str, Field(max_length=actions.LONGEST, pattern=r"^[^\x00]*$")]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
OF_JOBS = frozenset({("assign", "rule")})
"""What our own jobs tell an action, and nobody else."""
ROWS: Mapping[Any, type[Model]] = {User | None: User, Team | None: Team, Location | None: Location}
"""Rows that an action may take, named by their id."""


class Outcome(BaseModel):
    """What became of one case of many."""

    id: int
    done: bool
    trouble: str = Field(description="Why nothing was done.")


class Outcomes(BaseModel):
    """What became of each case, in the order of the ids."""

    results: list[Outcome]


# --- what an action takes ---------------------------------------------------------------------------------------------


def _taken(action: Action[Any]) -> dict[str, tuple[Any, Any]]:
    """What a function of an action takes beside who and which case: type and default by name."""
    hints = get_type_hints(action.function)
    return {
        name: (hints[name], ... if each.default is Parameter.empty else each.default)
        for name, each in list(signature(action.function).parameters.items())[2:]
        if (action.name, name) not in OF_JOBS
    }


def _parts(hint: Any) -> dict[str, tuple[Any, Any]] | None:  # noqa: ANN401  a type
    """The fields of a value such as `Talk`; None for what is no such value."""
    if not (isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_field_defaults")):
        return None
    return {name: (each, hint._field_defaults.get(name, ...)) for name, each in get_type_hints(hint).items()}


def _field(action: Action[Any], name: str, hint: Any) -> Any:  # noqa: ANN401  types in and out
    """How a field is said in JSON; None when that is not known."""
    if choices := CHOICES.get((action.name, name)):
        return Literal[choices]
    if hint in ROWS:
        return Number | None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    return {str: Text, int: Number, bool: bool, date: date, date | None: date | None}.get(hint)


@cache
def body_of(name: str) -> type[BaseModel] | None:
    """What is sent to do an action: the version of the case that was seen, and what the action needs.

    Returns:
        None when the action takes something that JSON cannot say, such as the bytes of a document.
    """
    if name == ATTACH:
        return None
    action = ACTIONS[name]
    wanted: dict[str, tuple[Any, Any]] = {}
    for each, (hint, default) in _taken(action).items():
        wanted |= _parts(hint) or {each: (hint, default)}
    said = {each: (_field(action, each, hint), default) for each, (hint, default) in wanted.items()}
    if any(kind is None for kind, _ in said.values()):
        return None
    version = (Number, Field(description="Of the case as you have seen it."))
    return create_model(_title(name), __config__=ConfigDict(extra="forbid"), version=version, **said)  # type: ignore[no-any-return,call-overload]


def _title(name: str) -> str:
    return "".join(map(str.capitalize, name.split("_")))


def _given(action: Action[Any], by: User, said: Mapping[str, Any]) -> dict[str, Any]:
    """What the function takes, from what was said."""
    given: dict[str, Any] = {}
    for name, (hint, _) in _taken(action).items():
        if parts := _parts(hint):
            given[name] = hint(**{each: said[each] for each in parts})
        else:
            given[name] = _row(by, ROWS[hint], said[name]) if hint in ROWS else said[name]
    return given


def _row(by: User, model: type[Model], number: int | None) -> Model | None:
    if number is None:
        return None
    found = visible_to(by, model).filter(pk=number).first()
    if found is None:
        raise ActionError(f"There is no {model._meta.verbose_name} {number} in your organization.")  # noqa: SLF001  Django's public name for it
    return found


# --- doing it ---------------------------------------------------------------------------------------------------------


def act(by: User, case_id: int, name: str, said: Mapping[str, Any]) -> Case:
    """Do an action to a case.

    Args:
        by: who.
        case_id: which case.
        name: of the action.
        said: the fields of `body_of(name)`.

    Raises:
        Http404, NotAllowedError, ConflictError, ActionError: as the action says.
    """
    action = ACTIONS[name]
    case = get_object_or_404(visible_to(by, Case), pk=case_id)
    case.version = said["version"]
    insist(by, action.permission, action.verb)  # before rows are looked for that the body names
    return action(by, case, **_given(action, by, said))


def _answer(case: Case) -> HttpResponse:
    shape = CaseShort.of(case).model_dump(mode="json")
    return JsonResponse(shape, headers={"ETag": tag(case)})


def _one(name: str, model: type[BaseModel]) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, case_id: int, body: BaseModel) -> HttpResponse:
        said = {field: getattr(body, field) for field in model.model_fields}
        return once(request, lambda: _answer(act(user_of(request), case_id, name, said)))

    view.__annotations__["body"] = model
    return view


def _many(name: str, model: type[BaseModel]) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, body: BaseModel) -> HttpResponse:
        said = {field: getattr(body, field) for field in model.model_fields}
        return once(request, lambda: _act_on_many(user_of(request), name, said))

    view.__annotations__["body"] = model
    return view


def _act_on_many(by: User, name: str, said: Mapping[str, Any]) -> HttpResponse:
    action, ids = ACTIONS[name], dict.fromkeys(said["ids"])
    insist(by, action.permission, action.verb)
    given = _given(action, by, said)
    found = {each.case.pk: each.trouble for each in action.many(by, house_of(by), ids, **given)}
    told = {each: found.get(each, "There is no such case, or it is not yours to see.") for each in ids}
    results = [Outcome(id=each, done=not trouble, trouble=trouble) for each, trouble in told.items()]
    return JsonResponse(Outcomes(results=results).model_dump())


def _made() -> None:
    """Make the routes."""
    for name, action in ACTIONS.items():
        if model := body_of(name):
            _route(f"/{{int:case_id}}/actions/{name}", action, name, CaseShort)(_one(name, model))
        if model and name in MANY:
            several = _of_many(name, model)
            _route(f"/actions/{name}", action, f"{name}_many", Outcomes)(_many(name, several))


def _of_many(name: str, model: type[BaseModel]) -> type[BaseModel]:
    """What is sent to do an action to many cases: their ids in the place of one version."""
    ids = (Annotated[list[Number], Field(min_length=1, max_length=MOST)], ...)
    same = {each: (known.annotation, known) for each, known in model.model_fields.items() if each != "version"}
    return create_model(f"{_title(name)}Many", __config__=ConfigDict(extra="forbid"), ids=ids, **same)  # type: ignore[no-any-return,call-overload]


def _route(
    path: str, action: Action[Any], operation: str, answer: type[BaseModel]
) -> Callable[[Callable[..., HttpResponse]], object]:
    words = action.function.__doc__
    return router.post(path, response=answer, operation_id=operation, summary=action.label, description=words)


_made()


class Attached(BaseModel):
    """What is sent beside the bytes of a document."""

    version: Number
    sort: Literal[tuple(Document.Sort.values)]  # type: ignore[valid-type]  # the list of the model


@router.post("/{int:case_id}/actions/attach", response=CaseShort, operation_id=ATTACH, summary="Attach a document")
def attach(request: HttpRequest, case_id: int, file: File[UploadedFile], form: Form[Attached]) -> HttpResponse:
    """Add a document to a case. Medical records are seen by who may see clinical documents only."""
    by = user_of(request)
    case = get_object_or_404(visible_to(by, Case), pk=case_id)
    case.version = form.version
    insist(by, actions.attach.permission, actions.attach.verb)  # before anything is kept
    stream, most = cast("BinaryIO", file.file), settings.DOCUMENT_BYTES
    try:
        paper = documents.keep(reception.store(), stream, file.name or "", form.sort, most)
    except documents.DocumentError as error:
        raise ActionError(str(error)) from error
    return _answer(actions.attach(by, case, paper))
