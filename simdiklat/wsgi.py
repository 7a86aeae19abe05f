import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "simdiklat.settings")

application = get_wsgi_application()

# What was loaded stays: the collector need not go through it again and again while pages are made. And a page
# makes some ten thousand objects that are freed by themselves: looking for circles among them every 700 is a
# tenth of its cost.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
