"""Addresses of the jobs' pages, as (route, view, name): simdiklat/urls.py adds who may call them."""

from collections.abc import Callable

from django.http import HttpResponseBase

from jobs import views

routes: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
    ("jobs/", views.job_list, "list"),
    ("jobs/<int:pk>/", views.progress, "progress"),
    ("jobs/<int:pk>/file/", views.result_file, "file"),
]
