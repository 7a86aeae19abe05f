"""A class that has ended, its records, and an organiser's key."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from cryptography.x509.oid import NameOID
from django.utils import timezone

from certificates import actions
from certificates.rendering import logo_of
from tests import factories
from trainings.models import HistoryRecord, TrainingClass


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.CERTIFICATES_DIR = tmp_path / "certificates"
    settings.RESULTS_DIR = tmp_path / "results"
    logo_of.cache_clear()


def add_record(
    training_class: TrainingClass, person: Any, result: str = "LULUS", **fields: Any
) -> HistoryRecord:
    """What the completion of a class leaves for one of its participants."""
    return factories.history(
        person, training_class.last_day, training_class.programme, training_class=training_class, result=result,
        first_day=training_class.first_day, organiser=training_class.organiser.name, **fields,
    )  # fmt: skip


def ended_class(organiser: Any, areas: Any = None, **fields: Any) -> TrainingClass:
    first = timezone.localdate() - timedelta(days=20)
    programme = fields.pop("programme", None) or factories.programme(
        fields.pop("code", "MB-01"), name="Pelatihan Moderasi Beragama", jp=60
    )
    return factories.training_class(
        programme, organiser, areas, first_day=first, batch="Angkatan III", place="Kampus BDK", **fields
    )


@pytest.fixture
def ended(cast, tree):
    """A class of BDK-SBY with three who passed, one who attended, one who failed, one from elsewhere."""
    training_class = ended_class(tree.bdk, [tree.east], seats=10)
    people = [factories.employee(tree.madrasah, name=f"Peserta {n}") for n in "ABC"]
    add_record(training_class, cast.employee)
    for person, result in zip(people, ("LULUS", "HADIR", "TIDAK_LULUS"), strict=True):
        add_record(training_class, person, result)
    add_record(training_class, cast.stranger)
    return training_class


def issue(training_class: TrainingClass, by: Any = None) -> list:
    return actions.issue_for_class(training_class=training_class, records=training_class.history.all(), by=by)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certify(subject: str, issuer: str, key: Any, signing_key: Any, until: datetime, *, ca: bool) -> Any:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, until) - timedelta(days=30))
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=not ca, content_commitment=not ca, key_encipherment=False,
                data_encipherment=False, key_agreement=False, key_cert_sign=ca, crl_sign=ca,
                encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .sign(signing_key, hashes.SHA256())
    )  # fmt: skip


class Key:
    """A key file of an organiser with its issuer's certificate, on disk."""

    passphrase = "rahasia sekali"

    def __init__(self, folder: Path, days: int = 300, key: Any = None) -> None:
        until = datetime.now(UTC) + timedelta(days=days)
        root = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
        issuer = _certify("CA Contoh", "CA Contoh", root, root, until + timedelta(days=1), ca=True)
        own = _certify("Kepala BDK Contoh", "CA Contoh", key, root, until, ca=False)
        folder.mkdir(parents=True, exist_ok=True)
        self.file, self.issuer = folder / "bdk.p12", folder / "ca.pem"
        self.file.write_bytes(
            pkcs12.serialize_key_and_certificates(
                b"bdk", key, own, [issuer], BestAvailableEncryption(self.passphrase.encode())
            )
        )
        self.issuer.write_bytes(issuer.public_bytes(Encoding.PEM))

    @property
    def entry(self) -> dict[str, str]:
        return {"file": str(self.file), "passphrase": self.passphrase}


@pytest.fixture(scope="session")
def key(tmp_path_factory) -> Key:
    return Key(tmp_path_factory.mktemp("key"))
