"""Addresses of the messages' pages, as (route, view, name): simdiklat/urls.py adds who may call them."""

from collections.abc import Callable

from django.http import HttpResponseBase

from outbox import views

routes: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
    ("messages/", views.message_list, "list"),
    ("messages/<int:pk>/", views.message_detail, "detail"),
]
