"""Curriculum versions: drafted, filled, published; a published one stays as it is."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import holds
from accounts.roles import Permission
from audit import log
from audit.errors import Refusal
from trainings import materials
from trainings.models import CurriculumVersion, Programme, Subject, SubjectFile


@dataclass(frozen=True)
class SubjectPlan:
    """A subject as it should be; `pk` names the one it is, None a new one."""

    group: str
    name: str
    jp: int
    syllabus: str = ""
    pk: int | None = None


@transaction.atomic
def draft_curriculum(*, programme: Programme, by: Any) -> CurriculumVersion:
    """The programme's draft: the one there is, or a new version with the subjects of the latest."""
    _check(by)
    programme = Programme.objects.select_for_update(no_key=True).get(pk=programme.pk)
    draft = programme.curricula.filter(published_at=None).first()
    if draft is not None:
        return draft
    latest = programme.curricula.order_by("-number").first()
    number = (programme.curricula.aggregate(top=Max("number"))["top"] or 0) + 1
    draft = CurriculumVersion.objects.create(
        programme=programme,
        number=number,
        online_percent=latest.online_percent if latest else None,
        tolerance=latest.tolerance if latest else 5,
        made_by=by,
    )
    if latest is not None:
        for subject in latest.subjects.all():
            copy = Subject.objects.create(
                version=draft, position=subject.position, group=subject.group, name=subject.name,
                jp=subject.jp, syllabus=subject.syllabus,
            )  # fmt: skip
            for file in subject.files.all():
                file.pk, file.subject = None, copy
                file.save()
    _record("curriculum.drafted", draft, by)
    return draft


@transaction.atomic
def save_curriculum(
    *,
    version: CurriculumVersion,
    by: Any,
    subjects: Sequence[SubjectPlan],
    online_percent: int | None,
    tolerance: int,
    note: str,
) -> CurriculumVersion:
    """Store a draft with its subjects in the given order; returns it.

    Refusal when it is published, two subjects share a name, or one has no hours.
    """
    _check(by)
    version = CurriculumVersion.objects.select_for_update().get(pk=version.pk)
    _refuse_published(version)
    names = [subject.name.strip().lower() for subject in subjects]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise Refusal(_("Two subjects are called “%(name)s”.") % {"name": doubled[0]}, code="subjects")
    if any(subject.jp < 1 for subject in subjects):
        raise Refusal(_("Every subject needs at least one JP."), code="subjects")
    version.online_percent, version.tolerance, version.note = online_percent, tolerance, note.strip()
    version.save()
    kept = {subject.pk for subject in subjects if subject.pk}
    version.subjects.exclude(pk__in=kept).delete()
    known = {subject.pk: subject for subject in version.subjects.all()}
    for position, planned in enumerate(subjects, start=1):
        subject = known.get(planned.pk or 0) or Subject(version=version)
        subject.position, subject.group = position, planned.group
        subject.name, subject.jp, subject.syllabus = planned.name.strip(), planned.jp, planned.syllabus
        subject.save()
    _record("curriculum.changed", version, by, {"subjects": len(subjects), "jp": sum(s.jp for s in subjects)})
    return version


@transaction.atomic
def publish_curriculum(*, version: CurriculumVersion, by: Any) -> CurriculumVersion:
    """Publish a draft: classes can take it, and it stays as it is. Refusal: no subject, or published."""
    _check(by)
    version = CurriculumVersion.objects.select_for_update().get(pk=version.pk)
    _refuse_published(version)
    if not version.subjects.exists():
        raise Refusal(_("A curriculum needs at least one subject before it is published."), code="subjects")
    version.published_at = timezone.now()
    version.save(update_fields=["published_at"])
    _record("curriculum.published", version, by)
    return version


@transaction.atomic
def add_file(*, subject: Subject, by: Any, kind: str, name: str, content: bytes) -> SubjectFile:
    """Add a module or guide to a subject, of a published version too. Refusal: content, size, twice."""
    _check(by)
    found = materials.content_type(content)
    digest = hashlib.sha256(content).hexdigest()
    if subject.files.filter(sha256=digest).exists():
        raise Refusal(_("The same file is there already."), code="file")
    made = SubjectFile.objects.create(
        subject=subject, kind=kind, name=name[-200:], content_type=found, size=len(content), sha256=digest,
        content=content, added_by=by,
    )  # fmt: skip
    _record("curriculum.file_added", subject.version, by, {"file": made.name, "sha256": digest})
    return made


def _refuse_published(version: CurriculumVersion) -> None:
    if version.published_at is not None:
        raise Refusal(_("This version is published and stays as it is. Draft a new one."), code="published")


def _check(by: Any) -> None:
    if not holds(by, Permission.PLAN_CLASSES):
        raise Refusal(_("Curricula are kept by those who plan classes."), code="permission")


def _record(verb: str, version: CurriculumVersion, by: Any, data: dict[str, Any] | None = None) -> None:
    log.record(
        verb,
        by=by,
        object_type="curriculum",
        object_id=version.pk,
        data={"programme": version.programme.code, "version": version.number, **(data or {})},
    )
