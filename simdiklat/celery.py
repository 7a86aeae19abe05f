"""The Celery application. Tasks are short; the state of the work is in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simdiklat.settings")

app = Celery("simdiklat")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
