import json
from typing import Any

from django.core.management.base import BaseCommand

from simdiklat.integrity import problems


class Command(BaseCommand):
    help = "Check every invariant of the data; exit 1 when something is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        found = problems()
        for name, texts in found.items():
            for text in texts:
                self.stdout.write(f"{name}: {text}")
        count = sum(len(texts) for texts in found.values())
        self.stdout.write(json.dumps({"problems": count}))
        if count:
            raise SystemExit(1)
