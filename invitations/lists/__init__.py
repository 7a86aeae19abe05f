"""The list that a regional office downloads (formats.md, "The downloaded list")."""

from invitations.lists.download import FORMATS, Download, Letter, download, file_name
from invitations.lists.rows import HEADINGS, ListRow, rows

__all__ = ["FORMATS", "HEADINGS", "Download", "Letter", "ListRow", "download", "file_name", "rows"]
