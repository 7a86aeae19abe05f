"""Everyone considered in a selection, as `selection_report` gives it (formats.md)."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from audit.errors import Refusal
from employees.models import Employee
from invitations import evidence
from invitations.models import CandidateMark, Selection


def rows(selection: Selection) -> Iterator[dict[str, str]]:
    """Each person considered with the report's columns as strings; the pool by rank, then the excluded.

    Somebody marked after the proposal carries the code of the latest mark: the gate that failed at
    approval or promotion, or the mark's kind (deferred, moved_up, included, excluded, displaced); outcome
    and order stay as they were ranked. Raises Refusal when there is nothing to report yet
    or the evidence cannot be read.
    """
    if not selection.evidence_file:
        raise Refusal(_("This selection has not been proposed, so there is nothing to report yet."))
    marks = {
        str(employee): code if kind == CandidateMark.Kind.GATE else kind
        for employee, kind, code in selection.marks.order_by("id").values_list("employee_id", "kind", "code")
    }
    try:
        _header, people = evidence.read(selection.evidence_file)
        for person in people:
            if mark := marks.get(person["EMPLOYEE"]):
                person["CODE"] = mark
            yield {column: person[column] for column in evidence.REPORT_COLUMNS}
    except evidence.EvidenceError as error:
        raise evidence.refusal(error) from error


_NUMBERS = ("RANK", "AREA_RANK", "RESERVE_NO")


def typed(person: dict[str, str]) -> dict[str, Any]:
    """A row of the report as JSON has it: ranks as numbers (null for who has none), the boolean as one."""
    numbers = {column: int(person[column]) if person[column] else None for column in _NUMBERS}
    return person | numbers | {"EVER_TRAINED": person["EVER_TRAINED"] == "true"}


def as_json(selection: Selection) -> dict[str, Any]:
    """What `selection_report --format json` prints, without the rows."""
    return {
        "selection": selection.pk,
        "class": selection.training_class.code,
        "rule": selection.rule_version,
        "seed": selection.seed.value,
        "commitment": selection.seed.commitment,
    }


def exclusion_code(selection: Selection, employee: Employee) -> str:
    """The code that kept a person out of a selection's pool, from its evidence; '' for who was in it."""
    try:
        _header, people = evidence.read(selection.evidence_file)
        key = str(employee.pk)
        for person in people:
            if person["EMPLOYEE"] == key:
                return person["CODE"] if person["OUTCOME"] == "excluded" else ""
    except evidence.EvidenceError as error:
        raise evidence.refusal(error) from error
    return ""
