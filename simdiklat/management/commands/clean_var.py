"""`make clean-var`: the demo begins anew at the next `make run`."""

import shutil
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from simdiklat import embedded

#: What the portal itself lays into `var`; anything else found there stays.
OURS = [
    *("postgres", "postgres.new", "postgres-password", "postgres-*.lock", "broker", "cache", "mail"),
    *("static", "static.sha256", "evidence", "results", "showcase", "first-start", "beat-*", "test"),
]


class Command(BaseCommand):
    help = "Removes the embedded database and every file of the demo; refuses while a portal runs on them."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        var = settings.VAR_DIR
        for folder in (var / "test", var):
            if (folder / "postgres").exists() and not embedded.server(folder).stop_unless_used():
                raise CommandError(f"The portal is running on {folder}: stop it first, nothing was removed.")
        for pattern in OURS:
            for path in var.glob(pattern):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.stdout.write(f"{var} is empty; make run begins anew.")
