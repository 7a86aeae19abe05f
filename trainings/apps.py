from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def ensure_rule_settings(sender: AppConfig, **kwargs: Any) -> None:
    """The settings of the rule exist in every database, an emptied one included."""
    sender.get_model("RuleSettings")._default_manager.get_or_create(pk=1)


class TrainingsConfig(AppConfig):
    name = "trainings"

    def ready(self) -> None:
        from employees.importing import registry
        from trainings import merge_rules
        from trainings.importing.kinds import KINDS

        post_migrate.connect(ensure_rule_settings, sender=self)
        for kind in KINDS.values():
            registry.register(kind)
        merge_rules.register_rules()
