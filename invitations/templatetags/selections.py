"""Words of selections and invitations for templates."""

from typing import Any

from django import template

from invitations import explain
from invitations.models import Selection

register = template.Library()


@register.filter
def reason_text(reason: dict[str, Any]) -> str:
    """The sentence that says why somebody was invited."""
    return explain.reason_text(reason)


@register.filter
def selection_state(code: str) -> str:
    """The word of a selection's state."""
    return str(Selection.State(code).label)
