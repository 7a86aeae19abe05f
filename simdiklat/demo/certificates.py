"""Certificates of the class that the demo's organiser has finished: something to download and to check."""

from dataclasses import replace

from certificates import actions
from certificates.models import CertificateTemplate
from certificates.texts import Texts
from employees.models import Unit
from trainings.models import TrainingClass

#: The training centre whose organiser has a sign-in.
ORGANISER = "BDK-SBY"


def issue() -> int:
    """Give the organiser a template and its finished classes their certificates; how many were issued."""
    organiser = Unit.objects.get(code=ORGANISER)
    texts = replace(
        Texts.default(organiser),
        address="Jalan Contoh Nomor 1, Surabaya",
        town="Surabaya",
        signatory_name="Dr. H. Pejabat Contoh, M.Pd.",
    )
    CertificateTemplate.objects.create(organiser=organiser, version=1, texts=texts.as_json())
    finished = TrainingClass.objects.filter(organiser=organiser, history__isnull=False).distinct()
    return sum(
        len(actions.issue_for_class(training_class=one, records=one.history.all(), by=None))
        for one in finished
    )
