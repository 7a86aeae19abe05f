from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def ensure_chain_head(sender: AppConfig, **kwargs: Any) -> None:
    """The head of the chain exists in every database, an emptied one included."""
    sender.get_model("ChainHead")._default_manager.get_or_create(pk=1)


class AuditConfig(AppConfig):
    name = "audit"

    def ready(self) -> None:
        post_migrate.connect(ensure_chain_head, sender=self)
