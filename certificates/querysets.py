"""The vocabulary of certificates."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.roles import Permission
from employees.scoping import ScopedQuerySet, scope_roots, within
from trainings.models import TrainingClass


class CertificateQuerySet(ScopedQuerySet):
    unit_path = "record__employee__unit__path"
    permission = Permission.DOWNLOAD_LISTS

    def visible_to(self, user: Any, permission: str | None = None) -> Self:
        """Certificates of people in the user's scope, and those of the classes the user plans.

        An organiser signs and keeps its own certificates, wherever the people work.
        """
        roots = scope_roots(user, permission or self.permission)
        own = TrainingClass.objects.plannable_by(user) if roots else TrainingClass.objects.none()
        return self.filter(within(roots, self.unit_path) | Q(training_class__in=own))

    def of_user(self, user: Any) -> Self:
        """A person's own certificates."""
        return self.filter(record__employee__user=user)

    def numbered(self, number: str) -> Self:
        """Those with this number, in any case and spacing: at most one."""
        return self.filter(number__iexact="".join(number.split()))

    def with_versions(self) -> Self:
        """With all papers of each, the latest first."""
        return self.prefetch_related("versions")

    def for_table(self) -> Self:
        """With what a list shows of each, so that it costs the same at any length."""
        return self.select_related("record__employee__unit").with_versions()


class VersionQuerySet(models.QuerySet):
    def valid(self) -> Self:
        return self.filter(state="valid")

    def of_class(self, class_id: int) -> Self:
        """The papers of a class in the order of their numbers."""
        return self.filter(certificate__training_class=class_id).order_by(
            "certificate__year", "certificate__seq", "version"
        )

    def with_certificate(self) -> Self:
        return self.select_related("certificate__training_class", "certificate__organiser", "template")
