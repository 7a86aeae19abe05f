"""One rule for every relation to a person: what becomes of it when two records of one person are merged.

A registry, filled by each room for its own models when the portal starts; the system check in `checks.py`
fails when a relation to Employee has none. Rules run in the order of their registration, inside the merge's
transaction, with both people locked.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import ForeignObjectRel

from audit.errors import Refusal


@dataclass
class Merge:
    """A merge that is going on: `gone` becomes part of `kept`. `moved` counts rows by relation."""

    kept: Any
    gone: Any
    moved: dict[str, int] = field(default_factory=dict)
    #: What the audit trail has to hold besides the counts.
    notes: dict[str, Any] = field(default_factory=dict)

    def move(self, label: str, where: str = "true") -> int:
        """Give the rows of a relation (`app.Model.field`) to the kept person; return how many.

        `where` narrows them, as SQL of the code over the row `r`; `:kept` in it is the kept person's key.
        """
        model, name = _field(label)
        column = model._meta.get_field(name).column
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {model._meta.db_table} r SET {column} = %s WHERE r.{column} = %s AND ({where.replace(':kept', str(int(self.kept.pk)))})",
                [self.kept.pk, self.gone.pk],
            )
            self.moved[label] = cursor.rowcount
        return self.moved[label]


#: Says why a merge cannot be, or returns nothing.
Objection = Callable[[Any, Any], Refusal | None]


@dataclass(frozen=True)
class Rule:
    """What a merge does with a relation. `why` is for people who read the code and the check's message."""

    label: str
    apply: Callable[[Merge], None]
    why: str
    refuses: Objection | None = None


_rules: dict[str, Rule] = {}


def register(
    label: str, apply: Callable[[Merge], None] | None, why: str, refuses: Objection | None = None
) -> None:
    """Give the relation `app.Model.field` a rule. `apply` None: the rows stay with the old record."""
    _rules[label] = Rule(label, apply or (lambda _merge: None), why, refuses)


def moves(label: str, why: str, where: str = "true", refuses: Objection | None = None) -> None:
    """The rows simply become the kept person's."""
    register(label, lambda merge: _ignored(merge.move(label, where)), why, refuses)


def _ignored(_count: int) -> None:
    return None


#: What a room tells people before they merge: sentences about the two records.
Preview = Callable[[Any, Any], list[str]]
_previews: list[Preview] = []


def register_preview(preview: Preview) -> None:
    """Let a room say what a merge of two records would find."""
    _previews.append(preview)


def previews(kept: Any, gone: Any) -> list[str]:
    """Everything the rooms have to say about merging `gone` into `kept`."""
    return [sentence for preview in _previews for sentence in preview(kept, gone)]


def rules() -> list[Rule]:
    """All rules in their order."""
    return list(_rules.values())


def relations() -> list[str]:
    """Every relation to Employee, hidden ones and those of other rooms included, as `app.Model.field`."""
    person = apps.get_model("employees", "Employee")
    return [
        f"{relation.related_model._meta.label}.{relation.field.name}"
        for relation in person._meta.get_fields(include_hidden=True)
        if isinstance(relation, ForeignObjectRel) and not _is_trail(relation.related_model)
    ]


def missing() -> list[str]:
    """Relations to Employee that no rule covers."""
    return [label for label in relations() if label not in _rules]


def _is_trail(model: Any) -> bool:
    """Rows of a history kept by triggers (pghistory): what was, and never moved."""
    return hasattr(model, "pgh_tracked_model")


def _field(label: str) -> tuple[Any, str]:
    model, name = label.rsplit(".", 1)
    return apps.get_model(model), name
