"""Certificates of a large class: numbered, set, signed where the organiser signs, and packed as one ZIP."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.test.utils import override_settings
from django.utils import timezone

from certificates import actions, rendering
from certificates.delivery import zips
from certificates.models import Certificate, CertificateVersion
from employees.models import Employee
from simdiklat.bench.classes import open_class
from simdiklat.bench.measure import Figure, Setting, timed
from trainings.models import HistoryRecord, TrainingClass

#: Participants; fewer where there are not so many people.
MANY = 1500
#: Papers set one after another for the floor, which is then taken for all of them.
SET = 40

Say = Callable[[str], None]


def measure(setting: Setting) -> list[Figure]:
    """A class of 1,500, unsigned and then signed, each once."""
    many = 10 if setting.quick else min(MANY, Employee.objects.count() // 4)
    found = []
    for signed in (False, True):
        training_class = _ended(many)
        folder = Path(settings.RESULTS_DIR).parent / f"certificates-{signed}"
        signers = {training_class.organiser.code: _key(folder)} if signed else {}
        with override_settings(CERTIFICATES_DIR=folder, CERTIFICATE_SIGNERS=signers):
            found.append(_measured(training_class, many, signed, setting.say))
        shutil.rmtree(folder)
    return found


def _measured(training_class: TrainingClass, many: int, signed: bool, say: Say) -> Figure:
    figure = Figure(
        f"certificates, {'signed' if signed else 'unsigned'}, with ZIP",
        "the typesetter alone, one core",
        goal=60,
        rows=many,
    )
    issuing = timed(
        lambda: actions.issue_for_class(
            training_class=training_class, records=training_class.history.all(), by=None
        )
    )
    versions = zips.versions_of(training_class.pk)
    some = versions[:SET]
    rendering.pdf_of(some[0].data)  # the fonts are read once
    alone = timed(lambda: [rendering.pdf_of(one.data) for one in some])
    figure.floors.append(alone / len(some) * many)
    setting = timed(partial(zips.make, versions))
    with zipfile.ZipFile(zips.make(zips.versions_of(training_class.pk))) as archive:
        if len(archive.namelist()) != many:
            raise AssertionError(f"{len(archive.namelist())} papers in the ZIP of {many}")
    kept = CertificateVersion.objects.filter(certificate__training_class=training_class)
    if kept.exclude(sha256="").count() != many or kept.filter(signed_at=None).exists() == signed:
        raise AssertionError("not every paper was set and signed as it should be")
    figure.times.append(issuing + setting)
    say(f"  {many:,}: numbered and frozen in {issuing:.1f} s, set and packed in {setting:.1f} s")
    return figure


def _ended(many: int) -> TrainingClass:
    """A class that has ended and which so many people passed."""
    last = timezone.localdate() - timedelta(days=10)
    made = open_class(
        seats=many, first_day=last - timedelta(days=4), last_day=last, confirm_by=last - timedelta(days=9)
    )
    used = Certificate.objects.values("record__employee")
    people = Employee.objects.exclude(pk__in=used).order_by("pk")[:many]
    HistoryRecord.objects.bulk_create(
        HistoryRecord(
            employee=person, training_class=made, programme_code=made.programme.code, title=made.programme.name,
            identity=HistoryRecord.identity_of(made.programme.code, made.programme.name),
            kind=made.programme.kind, organiser=made.organiser.name, first_day=made.first_day,
            last_day=made.last_day, jp=made.programme.jp, result="LULUS",
        )
        for person in people
    )  # fmt: skip
    return made


def _key(folder: Path) -> dict[str, str]:
    """A signer's entry with a key (RSA 2048) made for this run."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Kepala Contoh")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "key.p12"
    passphrase = "rahasia sekali"  # noqa: S105 - of a key that lives as long as the run
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"key", key, certificate, None, BestAvailableEncryption(passphrase.encode())
        )
    )
    return {"file": str(file), "passphrase": passphrase}
