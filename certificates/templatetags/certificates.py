"""The certificate of each training record, for pages of rooms that do not know certificates."""

from collections.abc import Iterable
from typing import Any

from django import template

from certificates.models import Certificate

register = template.Library()


@register.simple_tag
def certificates_of(records: Iterable[Any]) -> dict[int, Certificate]:
    """The certificates of these records by the record's key, with their papers: two queries for any number."""
    keys = [record.pk for record in records]
    return {c.record_id: c for c in Certificate.objects.filter(record__in=keys).with_versions()}
