"""Tags for what stands beside every page: `{% load telling %}`."""

from django import template
from django.template.context import Context

from reclaim.desk.alerts import unread
from reclaim.people.access import may
from reclaim.people.models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_alerts(context: Context) -> int:
    """How many alerts somebody has not read, up to one more than are counted."""
    user = _user(context)
    return unread(user) if user is not None else 0


@register.simple_tag(takes_context=True)
def allows(context: Context, permission: str) -> bool:
    """Whether who looks at the page may do something; also where a template is included with `only`."""
    return may(_user(context), permission)


def _user(context: Context) -> User | None:
    request = getattr(context, "request", None) or context.get("request")
    user = getattr(request, "user", None)
    return user if isinstance(user, User) else None
