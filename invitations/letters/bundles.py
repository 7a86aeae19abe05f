"""All valid letters of a class in one PDF, in the order of their numbers: to be signed and sent.

Each letter keeps its own number, addressee and names: one letter to all offices would show every region
the personal data of all others.
"""

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from pypdf import PdfWriter

from invitations.letters import files, rendering
from invitations.models import Letter
from jobs import runner
from jobs.models import Job


def letters_of(class_id: int) -> list[Letter]:
    """The valid letters of a class in the order of their numbers."""
    return list(
        Letter.objects.valid().filter(training_class=class_id).for_table().order_by("year", "seq", "pk")
    )


def prepared(letters: Sequence[Letter]) -> bytes | None:
    """The bundle of exactly these letters when it was made before, else None."""
    name = _index(letters)
    try:
        return files.read(name.read_text()) if name else None
    except FileNotFoundError:
        return None


def bundle(letters: Sequence[Letter], *, step: Callable[[int], None] = lambda done: None) -> bytes:
    """One PDF of these letters, each page as it is in its letter; kept until a letter changes.

    `step` hears how many letters are done. Refusal as `rendering.pdf_bytes`.
    """
    writer = PdfWriter()
    for done, letter in enumerate(letters, 1):
        writer.append(io.BytesIO(rendering.pdf_bytes(letter)), outline_item=letter.number)
        step(done)
    stream = io.BytesIO()
    writer.write(stream)
    content = stream.getvalue()
    name = _index(letters)
    if name:
        digest = files.write(content)
        name.write_text(digest)
    return content


def _index(letters: Sequence[Letter]) -> Path | None:
    """The file that names the bundle's hash; none while a letter was never set."""
    if not letters or not all(letter.sha256 for letter in letters):
        return None
    key = hashlib.sha256("".join(letter.sha256 for letter in letters).encode()).hexdigest()
    return Path(settings.LETTERS_DIR) / f"{key}.bundle"


def work(job: Job) -> dict[str, int]:
    """Set every letter of the job's class that has no PDF yet, and their bundle. Safe to repeat."""
    letters = letters_of(job.params["training_class"])
    runner.progress(job, done=0, total=len(letters))
    bundle(letters, step=lambda done: runner.progress(job, done=done))
    return {"letters": len(letters), "names": sum(letter.names_count for letter in letters)}
