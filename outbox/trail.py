"""Where the outbox writes what people did to messages.

The outbox and the audit trail lie side by side and do not import each other; the project hands the
writer over once, when it starts.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_writer: Callable[..., Any] | None = None


def use(writer: Callable[..., Any]) -> None:
    """Let `writer` (the signature of `audit.log.record`) record events of the outbox."""
    global _writer
    _writer = writer


def record(verb: str, **event: Any) -> None:
    """Record one event in the caller's transaction; without a writer nothing may happen unrecorded."""
    if _writer is None:
        raise ImproperlyConfigured("The outbox has no audit trail: call outbox.trail.use() at the start.")
    _writer(verb, **event)
