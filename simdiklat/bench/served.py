"""The portal as gunicorn serves it, with the empty page beside its addresses: for the bench's own web process."""

from django.conf import settings

from simdiklat.wsgi import application

settings.ROOT_URLCONF = "simdiklat.bench.browsing"

__all__ = ["application"]
