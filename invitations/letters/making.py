"""What a person does to letters: make them, withdraw one, write the texts. `by=` is the person acting."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log, reading
from audit.deadlocks import retrying
from audit.errors import Refusal
from employees.models import Unit
from invitations.delivery import seats
from invitations.letters import numbering, offices, rendering
from invitations.letters.content import Reference, document, facts_of
from invitations.letters.samples import sample_document
from invitations.letters.texts import Texts, texts_of
from invitations.models import Letter, LetterName, LetterTemplate, Selection
from jobs import runner
from jobs.models import Job
from trainings.actions.guards import check_planner
from trainings.models import TrainingClass
from trainings.papers.texts import check_organiser, save_version

#: Up to so many letters and names the PDFs are set at once; above it a job does it, with its progress.
LETTERS_AT_ONCE = 5
NAMES_AT_ONCE = 200
#: Bytes of chance in the address of a public page.
_RANDOM_BYTES = 16


@dataclass
class Made:
    """What `make` did: new letters, letters that ended for them, the job that sets the PDFs (if any)."""

    letters: list[Letter] = field(default_factory=list)
    ended: list[Letter] = field(default_factory=list)
    job: Job | None = None


@retrying
def make(*, training_class: TrainingClass, by: Any) -> Made:
    """Write the letters for everybody who is invited and on no valid letter yet: one per addressed office.

    Doing it again makes nothing while nothing changed. Somebody promoted since comes on an additional
    letter with the new names only; when dates or place of the class changed, new letters supersede the
    old. Numbers, letters and names are stored in one transaction; the PDFs are set after it, by a job when
    there are many. Refusal when the class is not the person's, not issued, or cancelled.
    """
    with transaction.atomic():
        training_class = seats.lock_class(training_class.pk)
        check_planner(training_class, by)
        if training_class.state != TrainingClass.State.SCHEDULED:
            raise Refusal(_("Letters are made for a scheduled class only."), code="state")
        if not training_class.selections.filter(state=Selection.State.ISSUED).exists():
            raise Refusal(
                _("Approve and issue a selection first; then the letters can be made."), code="issue"
            )
        made = _make(training_class, by)
        if is_large(made.letters):
            made.job = prepare(training_class=training_class, by=by)
    if made.job is None:
        for letter in made.letters:
            rendering.pdf_bytes(letter)
    return made


def is_large(letters: Sequence[Letter]) -> bool:
    """Whether their PDFs take longer than a person waits for a page."""
    return len(letters) > LETTERS_AT_ONCE or sum(letter.names_count for letter in letters) > NAMES_AT_ONCE


@transaction.atomic
def prepare(*, training_class: TrainingClass, by: Any) -> Job:
    """A job that sets the PDFs of the class's letters and their bundle."""
    return runner.enqueue(
        task="invitations.set_letters",
        title=_("Letters for %(class)s") % {"class": training_class},
        owner=by,
        params={"training_class": training_class.pk},
        result_url=reverse("invitations:letters", args=[training_class.pk]),
    )


def _make(training_class: TrainingClass, by: Any) -> Made:
    made = Made()
    facts = facts_of(training_class)
    valid = list(Letter.objects.valid().filter(training_class=training_class).order_by("seq"))
    outdated = [letter for letter in valid if letter.facts != facts]
    standing = [letter for letter in valid if letter.facts == facts]
    LetterName.objects.filter(letter__in=outdated, current=True).update(current=False)
    unnamed = (
        training_class.invitations.live()
        .exclude(named_on__current=True)
        .select_related("employee__unit")
        .order_by("rank", "pk")
    )
    groups = offices.by_office(list(unnamed))
    if groups:
        made.letters = _write(training_class, groups, standing, outdated, facts, by)
    for letter in outdated:
        successor = next((new for new in made.letters if new.office_id == letter.office_id), None)
        if successor:
            _end(letter, Letter.State.SUPERSEDED, by=by, because=_("The class changed."), successor=successor)
        else:
            because = _("The class changed, and nobody of this office is invited any more.")
            _end(letter, Letter.State.WITHDRAWN, by=by, because=because)
        made.ended.append(letter)
    return made


def _write(
    training_class: TrainingClass,
    groups: Sequence[offices.Addressee],
    standing: Sequence[Letter],
    outdated: Sequence[Letter],
    facts: dict[str, Any],
    by: Any,
) -> list[Letter]:
    organiser, today = training_class.organiser, timezone.localdate()
    texts, template = texts_of(organiser)
    numbers = numbering.take(
        organiser_id=organiser.pk, year=today.year, count=len(groups), first=texts.series_first
    )
    letters = []
    for seq, group in zip(numbers, groups, strict=True):
        kind, refers_to = _kind(group.office, standing, outdated)
        reference = Reference(texts.pattern.number(seq, today), today, secrets.token_urlsafe(_RANDOM_BYTES))
        letters.append(
            Letter(
                public_id=reference.public_id,
                training_class=training_class,
                office=group.office,
                kind=kind,
                organiser=organiser,
                year=today.year,
                seq=seq,
                number=reference.number,
                dated=today,
                template=template,
                data=document(
                    training_class=training_class,
                    addressee=group,
                    texts=texts,
                    kind=kind,
                    reference=reference,
                    refers_to=refers_to,
                ),
                facts=facts,
                names_count=len(group.people),
                made_by=by,
            )
        )
    _refuse_taken([letter.number for letter in letters])
    Letter.objects.bulk_create(letters)
    LetterName.objects.bulk_create(
        LetterName(letter=letter, invitation=invitation)
        for letter, group in zip(letters, groups, strict=True)
        for invitation, _regency in group.people
    )
    for letter in letters:
        _record("letter.made", letter, by, names=letter.names_count, kind=str(letter.kind))
    return letters


def _kind(office: Unit, standing: Sequence[Letter], outdated: Sequence[Letter]) -> tuple[str, list[str]]:
    """Why an office gets this letter, and the numbers of the letters it refers to."""
    for kind, earlier in ((Letter.Kind.CHANGE, outdated), (Letter.Kind.SUPPLEMENTARY, standing)):
        numbers = [letter.number for letter in earlier if letter.office_id == office.pk]
        if numbers:
            return kind, numbers
    return Letter.Kind.FIRST, []


def _refuse_taken(numbers: list[str]) -> None:
    taken = Letter.objects.filter(number__in=numbers).values_list("number", flat=True).first()
    if taken:
        raise Refusal(
            _(
                "Another organiser has a letter with the number %(number)s. Give your letters a code of their own in the letter template."
            )
            % {"number": taken},
            code="number",
        )


@transaction.atomic
def withdraw(*, letter: Letter, by: Any, reason: str) -> Letter:
    """End a valid letter with a reason; it stays on record under its number.

    Its people are on no letter then: the next `make` writes them a new one.
    """
    if not reason.strip():
        raise Refusal(_("Say why the letter is withdrawn."), code="reason")
    training_class = seats.lock_class(letter.training_class_id)
    check_planner(training_class, by)
    letter = Letter.objects.select_related("office").get(pk=letter.pk)
    if letter.state != Letter.State.VALID:
        raise Refusal(_("This letter is not valid any more; there is nothing to withdraw."), code="state")
    letter.names.filter(current=True).update(current=False)
    _end(letter, Letter.State.WITHDRAWN, by=by, because=reason.strip()[:500])
    return letter


def _end(letter: Letter, state: str, *, by: Any, because: str, successor: Letter | None = None) -> None:
    letter.state, letter.superseded_by = state, successor
    letter.ended_at, letter.ended_by, letter.ended_because = timezone.now(), by, because
    letter.save(update_fields=["state", "superseded_by", "ended_at", "ended_by", "ended_because"])
    _record(
        f"letter.{state}", letter, by, because=because, superseded_by=successor.number if successor else ""
    )


def save_texts(*, organiser: Unit, texts: Texts, by: Any) -> LetterTemplate:
    """Store a new version of an organiser's texts; letters that were made keep theirs.

    Texts equal to those in force make no new version. Refusal when the person does not plan for the
    organiser.
    """
    check_organiser(organiser, by)
    return save_version(
        organiser.letter_templates, texts=texts, organiser=organiser, by=by, verb="letter.template"
    )


def sample(*, organiser: Unit, texts: Texts, on: date) -> bytes:
    """A letter with these texts and made-up names, marked as a preview and without a number of its own."""
    return rendering.pdf_of(sample_document(organiser, texts, on))


def record_download(letters: Sequence[Letter], *, by: Any, sha256: str) -> None:
    """Note who took which letters and whom they name, before the first byte leaves."""
    named = LetterName.objects.filter(letter__in=letters).values_list("letter_id", "invitation__employee_id")
    people: dict[int, list[int]] = {}
    for letter_id, employee_id in named:
        people.setdefault(letter_id, []).append(employee_id)
    for letter in letters:
        reading.note(
            reading.Kind.LETTER,
            by=by,
            subjects=people.get(letter.pk, []),
            what=letter.number,
            object_type="letter",
            object_id=letter.pk,
            filters={"class": letter.facts["class"]},
            sha256=sha256,
        )
        _record("letter.download", letter, by, names=letter.names_count, file=sha256)


def _record(verb: str, letter: Letter, by: Any, **data: Any) -> None:
    log.record(
        verb,
        by=by,
        object_type="letter",
        object_id=letter.pk,
        unit_path=letter.office.path,
        data={"number": letter.number, "class": letter.facts["class"], **data},
    )
