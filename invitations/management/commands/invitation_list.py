"""`invitation_list KODE_KELAS [--unit KODE] --format csv|xlsx|pdf -o OUT` (formats.md)."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from audit.command import PortalCommand
from audit.errors import Refusal
from employees.models import Unit
from invitations import lists
from trainings.models import TrainingClass


class Command(PortalCommand):
    help = "The list of a class's invitations that a regional office downloads."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("code", metavar="KODE_KELAS")
        parser.add_argument("--unit", metavar="KODE", help="only this unit and what lies below it")
        parser.add_argument("--format", required=True, choices=list(lists.FORMATS))
        parser.add_argument("-o", "--output", required=True, metavar="OUT")

    def work(
        self, *, code: str, unit: str | None, format: str, output: str, **options: Any
    ) -> dict[str, Any]:
        classes = TrainingClass.objects.select_related("organiser", "programme")
        training_class = classes.filter(code=code).first()
        if training_class is None:
            raise Refusal(_("There is no class with the code %(code)s.") % {"code": code})
        root = None
        if unit is not None:
            root = Unit.objects.filter(code=unit).first()
            if root is None:
                raise Refusal(_("There is no unit with the code %(code)s.") % {"code": unit})
        return {"rows": _write(Path(output), training_class, root, format).rows}


def _write(output: Path, training_class: TrainingClass, unit: Unit | None, fmt: str) -> lists.Download:
    """The whole file or none: it is written beside its place and then moved there."""
    draft = ""
    try:
        if output.is_dir():
            raise IsADirectoryError(None, _("it is a directory"))
        handle, draft = tempfile.mkstemp(dir=output.absolute().parent, prefix=".", suffix=".draft")
        with os.fdopen(handle, "wb") as stream:
            done = lists.download(training_class=training_class, unit=unit, fmt=fmt, by=None, stream=stream)
        umask = os.umask(0)
        os.umask(umask)
        Path(draft).chmod(0o666 & ~umask)  # a draft is private, the list is an ordinary file
        Path(draft).replace(output)
    except OSError as error:
        raise Refusal(
            _("%(path)s cannot be written: %(reason)s.")
            % {"path": output, "reason": error.strerror or str(error)}
        ) from error
    finally:
        if draft:
            with contextlib.suppress(FileNotFoundError):
                Path(draft).unlink()
    return done
