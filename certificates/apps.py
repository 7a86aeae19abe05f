from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    name = "certificates"

    def ready(self) -> None:
        from certificates import checks, hooks  # noqa: F401 - both register themselves
        from certificates.delivery import telling

        telling.register()
