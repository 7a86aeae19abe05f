"""Fixtures of the import tests."""

from pathlib import Path

import pytest
from django.utils import translation

from tests.employees.importing.files import Imports


@pytest.fixture
def imports(tmp_path: Path):
    with translation.override("en"):
        yield Imports(tmp_path)
