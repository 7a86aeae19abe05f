"""All valid certificates of a class as one ZIP, each under its number and name; kept until one changes."""

import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from django.utils.text import slugify

from certificates import rendering
from certificates.models import CertificateVersion
from jobs import runner
from jobs.models import Job

#: Papers set between two reports of progress.
_REPORT_EVERY = 25


def versions_of(class_id: int) -> list[CertificateVersion]:
    """The valid papers of a class in the order of their numbers."""
    return list(CertificateVersion.objects.valid().of_class(class_id).with_certificate())


def opened(versions: Sequence[CertificateVersion]) -> BinaryIO | None:
    """The ZIP of exactly these papers, open for reading, when it was made before; else None."""
    path = _path(versions)
    try:
        return path.open("rb") if path else None
    except FileNotFoundError:
        return None


def sha256_of(stream: BinaryIO) -> str:
    """SHA-256 of a file, read in pieces; it is at its end afterwards."""
    digest = hashlib.sha256()
    while piece := stream.read(1 << 20):
        digest.update(piece)
    return digest.hexdigest()


def make(versions: Sequence[CertificateVersion], *, step: Callable[[int], None] = lambda done: None) -> Path:
    """Write the ZIP of these papers, whole or not at all, and return where it is.

    `step` hears how many are done. Refusal as `rendering.pdf_bytes`.
    """
    folder = rendering.store.folder / "zips"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(dir=folder, suffix=".draft")
    try:
        with os.fdopen(handle, "wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
            for done, (version, content) in enumerate(rendering.pdfs(versions), 1):
                # The date of the paper, not of the moment: the same papers give the same ZIP.
                day = version.dated
                archive.writestr(
                    zipfile.ZipInfo(file_name(version), (day.year, day.month, day.day, 0, 0, 0)), content
                )
                if done % _REPORT_EVERY == 0:
                    step(done)
        path = _path(versions)
        assert path is not None  # noqa: S101 - every paper has its hash by now
        _forget_others(path)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    return path


def file_name(version: CertificateVersion) -> str:
    """What a paper is called: "12-BDK-SBY-STTPP-06-2026 siti-aminah.pdf"."""
    number = re.sub(r"[^\w.-]+", "-", version.certificate.number).strip("-.")
    return f"{number} {slugify(version.public['bare_name'])}.pdf"


def _path(versions: Sequence[CertificateVersion]) -> Path | None:
    """Where the ZIP of these papers lies; none while one was never set."""
    if not versions or not all(version.sha256 for version in versions):
        return None
    key = hashlib.sha256("".join(version.sha256 for version in versions).encode()).hexdigest()
    return rendering.store.folder / "zips" / f"{versions[0].certificate.training_class_id}-{key}.zip"


def _forget_others(path: Path) -> None:
    """Earlier ZIPs of the class: nobody asks for them any more."""
    for other in path.parent.glob(f"{path.name.split('-')[0]}-*.zip"):
        if other != path:
            other.unlink(missing_ok=True)


def work(job: Job) -> dict[str, int]:
    """Set every certificate of the job's class that has no file yet, and their ZIP. Safe to repeat."""
    versions = versions_of(job.params["training_class"])
    runner.progress(job, done=0, total=len(versions))
    make(versions, step=lambda done: runner.progress(job, done=done))
    return {"certificates": len(versions)}
