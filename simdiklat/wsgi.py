import os

from django.core.wsgi import get_wsgi_application

from simdiklat import collector

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simdiklat.settings")

application = get_wsgi_application()
collector.settle()
