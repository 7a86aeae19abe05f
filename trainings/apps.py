from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def ensure_rule_settings(sender: AppConfig, **kwargs: Any) -> None:
    """The settings of the rule exist in every database, an emptied one included."""
    sender.get_model("RuleSettings")._default_manager.get_or_create(pk=1)


class TrainingsConfig(AppConfig):
    name = "trainings"

    def ready(self) -> None:
        post_migrate.connect(ensure_rule_settings, sender=self)

        from trainings import exports

        exports.register_all()
