"""Open matters for visitors of the demo: claims of missing history, and a person who was entered twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from pypdf import PdfWriter

from accounts.models import RoleGrant
from accounts.roles import Role
from employees.models import DuplicatePair, Employee
from trainings.claims import actions
from trainings.models import Claim

#: How many claims wait, and how the twin is known again.
CLAIMS = 4
TWIN_ID = "GANDA-0001"

_TRAININGS = (
    ("Bimbingan Teknis Kearsipan Dinamis", "BIMTEK", "Dinas Perpustakaan dan Kearsipan", 24),
    ("Pelatihan Moderasi Beragama bagi Penyuluh", "TEKNIS", "Balai Diklat Keagamaan", 40),
    ("Kursus Bahasa Inggris untuk Guru Madrasah", "KURSUS", "Pusat Bahasa", 60),
    ("Lokakarya Penyusunan Rencana Pembelajaran", "WORKSHOP", "Kelompok Kerja Guru", 16),
)


def leave(say: Callable[[str], None]) -> None:
    """Leave some claims open with a regional operator, and one pair of records that look like one person.

    Safe to call again: what is there already stays.
    """
    unit_path = (
        RoleGrant.objects.current()
        .filter(role=Role.REGION)
        .order_by("pk")
        .values_list("unit__path", flat=True)
    ).first()
    people = Employee.objects.active().filter(user__isnull=False, merged_into=None)
    if unit_path:
        people = people.filter(unit__path__startswith=unit_path)
    chosen = list(people.exclude(Q(nip=None)).select_related("user", "unit").order_by("pk")[: CLAIMS + 1])
    if len(chosen) < CLAIMS + 1:
        return
    if not Claim.objects.exists():
        _claims(chosen[:CLAIMS])
    if not DuplicatePair.objects.exists():
        _twin(chosen[CLAIMS])
    say(f"{Claim.objects.open().count()} claims of missing training wait for a regional operator; "
        f"{DuplicatePair.objects.open().count()} pair of records looks like one person.")  # fmt: skip


def _claims(people: list[Employee]) -> None:
    today = timezone.localdate()
    for number, (person, (title, kind, organiser, jp)) in enumerate(zip(people, _TRAININGS, strict=True)):
        last = today - timedelta(days=150 + 97 * number)
        actions.file_claim(
            employee=person, by=person.user,
            training=actions.Training(
                title=title, kind=kind, organiser=organiser, first_day=last - timedelta(days=3), last_day=last,
                jp=jp, result="LULUS", certificate_number=f"{100 + number}/{last.year}",
            ),
            certificate=SimpleUploadedFile("sertifikat.pdf", _certificate()),
        )  # fmt: skip


def _certificate() -> bytes:
    """An empty page: the people of the demo are invented, and so would be their certificates."""
    writer, out = PdfWriter(), BytesIO()
    writer.add_blank_page(595, 842)
    writer.write(out)
    return out.getvalue()


@transaction.atomic
def _twin(person: Employee) -> None:
    """The person entered a second time, as it happens when a PPPK becomes CPNS and gets another NIP."""
    nip = person.nip or ""
    start = timezone.localdate().replace(day=1) - timedelta(days=1)
    twin = Employee.objects.create(
        nip=f"{nip[:8]}{start:%Y%m}{nip[14]}999", external_id=TWIN_ID, name=person.name, sex=person.sex,
        birth_date=person.birth_date, status="CPNS", grade="III/a", position_kind="PELAKSANA",
        position="Pengelola Data", unit=person.unit, service_start=start.replace(day=1),
        retirement_date=person.retirement_date,
    )  # fmt: skip
    DuplicatePair.objects.create(first=person, second=twin, alike=100, same_unit=True)
