from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    name = "invitations"

    def ready(self) -> None:
        from invitations import mails

        mails.register()

        from invitations import exports

        exports.register_all()
