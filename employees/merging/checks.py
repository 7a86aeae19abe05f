"""Fails when somebody adds a relation to Employee and nobody says what a merge does with it."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from employees.merging import rules


@register()
def every_relation_has_a_merge_rule(**_options: Any) -> list[CheckMessage]:
    """An error for each relation to a person without a merge rule."""
    return [
        Error(
            f"{label} points to a person and has no merge rule.",
            hint="Say in the room's merge rules what becomes of it when two records are merged "
            "(employees/merging/rules.py).",
            id="employees.E001",
        )
        for label in rules.missing()
    ]
