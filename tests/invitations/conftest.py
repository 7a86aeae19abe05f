"""Evidence of selections goes to a folder of the test."""

import pytest


@pytest.fixture(autouse=True)
def evidence_dir(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
