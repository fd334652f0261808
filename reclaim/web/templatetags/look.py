"""Tags and filters of every page: icons, money, dates, counts. `{% load look %}`."""

from datetime import date
from decimal import Decimal

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from reclaim.people.access import may, organization_of
from reclaim.web import words
from reclaim.web.correct_forms import name_of
from reclaim.web.theme import chosen
from reclaim.x12.slices import Place

register = template.Library()

for said in (
    words.money,
    words.whole,
    words.day,
    words.weekday,
    words.slug,
    words.cause,
    words.until,
    words.kind,
    words.effort,
):
    register.filter(said.__name__, said)
register.filter("mask", words.masked)
register.filter("turned", words.turned)
register.filter("meaning", words.meaning)


@register.filter
def count(value: int | None) -> str:
    """A whole number with commas."""
    return words.DASH if value is None else f"{value:,}"


@register.filter
def percent(value: Decimal | float | None) -> str:
    """A share of 1 as whole percent; a dash when there is none."""
    return words.DASH if value is None else f"{value * 100:.0f}%"


@register.filter
def relative(value: date | None, today: date) -> str:
    """Days to a deadline in words."""
    return words.relative(value, today)


@register.filter
def ago(value: date | None, today: date) -> str:
    """How long ago in words."""
    return words.ago(value, today)


@register.filter
def urgency(value: date | None, today: date) -> str:
    """The class of a deadline."""
    return words.urgency(value, today)


@register.filter
def the(value: str) -> str:
    """Words without their article, where there is little room: "the first appeal" to "first appeal"."""
    return value.removeprefix("the ")


@register.filter
def field_id(place: Place) -> str:
    """The id of the field of a place, on the page that corrects a claim."""
    return name_of(place)


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """Whether a field of a form is a box to tick, whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A picture of icons.svg; words must stand beside it."""
    place = static("reclaim/icons.svg")
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', place, name)


@register.simple_tag(takes_context=True)
def theme(context: Context) -> str:
    """Light, dark or auto, as this browser has chosen."""
    request = context.get("request")
    return chosen(request) if request is not None else "auto"


@register.simple_tag(takes_context=True)
def workplace(context: Context) -> str:
    """The name of the organization that somebody works in now."""
    organization = organization_of(context.get("user"))
    return organization.name if organization else ""


@register.simple_tag
def mailing() -> bool:
    """Whether this installation sends mail to people, rather than into a folder or nowhere."""
    return not settings.EMAIL_BACKEND.endswith((".dummy.EmailBackend", ".filebased.EmailBackend"))


@register.simple_tag
def idle_seconds() -> int:
    """After how many seconds somebody who does nothing is signed out."""
    return int(settings.IDLE_SECONDS)


@register.simple_tag(takes_context=True)
def allows(context: Context, permission: str) -> bool:
    """Whether who looks may do something; also where a part was included with nothing else."""
    return may(getattr(getattr(context, "request", None), "user", None), permission)


@register.simple_tag(takes_context=True)
def place(context: Context, *names: str) -> bool:
    """Whether the page is one of these routes of the site, or lies below one (`file` and `file_bytes`)."""
    match = getattr(context.get("request"), "resolver_match", None)
    return match is not None and (match.url_name or "").partition("_")[0] in names
