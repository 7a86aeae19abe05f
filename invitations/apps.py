from django.apps import AppConfig


class InvitationsConfig(AppConfig):
    name = "invitations"

    def ready(self) -> None:
        from invitations import mails, merge_rules

        mails.register()
        merge_rules.register_rules()
