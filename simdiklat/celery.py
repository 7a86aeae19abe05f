"""The Celery application. Tasks are short; the state of the work is in PostgreSQL."""

import logging
import os
from typing import Any

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simdiklat.settings")


app = Celery("simdiklat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.after_setup_logger.connect
@signals.after_setup_task_logger.connect
def keep_out_of_logs(logger: logging.Logger, **kwargs: Any) -> None:
    """Workers put no keys and no NIP into their logs either (simdiklat/logs.py)."""
    from simdiklat.logs import Formatter

    for handler in logger.handlers:
        handler.setFormatter(Formatter())
