from django.apps import AppConfig


class SimdiklatConfig(AppConfig):
    name = "simdiklat"

    def ready(self) -> None:
        from audit import log
        from outbox import trail

        trail.use(log.record)  # the two rooms do not know each other

        from simdiklat.views.trail import register_export

        register_export()
