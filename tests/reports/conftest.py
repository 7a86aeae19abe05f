"""Figures are kept between requests; tests start without any."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nothing_kept(settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()
