"""Any list as CSV or XLSX, at any size: read in one snapshot, written by a worker, memory flat, on record.

A room says in `lists` which lists it has; `files` writes them; `work` is the job. docs/adr/0040 says why.
"""
