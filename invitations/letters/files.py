"""The PDFs of letters on disk (trainings/papers/files.py)."""

from trainings.papers.files import Store, digest

__all__ = ["digest", "read", "write"]

_store = Store("LETTERS_DIR")
read, write = _store.read, _store.write
