"""What other rooms do when a class is completed: a registry of calls inside the completion's transaction.

    completion.on_completed(issue_certificates)     called with (training_class, records, by)
    completion.on_changed(revoke_or_reissue)        called with (training_class, record, before, by)

`records` are the HistoryRecords just written, one per confirmed participant; `by` is the person acting.
`before` is the result that a record had before a change after completion. A call that raises undoes the
whole completion: nothing is half-complete. It must be safe to repeat, since a completion that was undone
is tried again.
"""

from collections.abc import Callable, Sequence
from typing import Any

from trainings.models import HistoryRecord, TrainingClass

Completed = Callable[[TrainingClass, Sequence[HistoryRecord], Any], None]
Changed = Callable[[TrainingClass, HistoryRecord, str, Any], None]

_completed: list[Completed] = []
_changed: list[Changed] = []


def on_completed(call: Completed) -> Completed:
    """Have `call` called for every class that is completed; the same call counts once. Returns it."""
    if call not in _completed:
        _completed.append(call)
    return call


def on_changed(call: Changed) -> Changed:
    """Have `call` called when a result is changed after its class was completed. Returns it."""
    if call not in _changed:
        _changed.append(call)
    return call


def tell_completed(training_class: TrainingClass, records: Sequence[HistoryRecord], by: Any) -> None:
    """Make the calls for a completed class; the caller's transaction is open."""
    for call in _completed:
        call(training_class, records, by)


def tell_changed(training_class: TrainingClass, record: HistoryRecord, before: str, by: Any) -> None:
    """Make the calls for a changed record; the caller's transaction is open."""
    for call in _changed:
        call(training_class, record, before, by)
