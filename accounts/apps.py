from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import codes, sessions  # noqa: F401 - registers the kind of mail

        sessions.listen()
