"""The letter of summons (surat pemanggilan): texts, numbers, addressed offices, the PDF (docs/letters.md).

`texts` what an organiser may write, `content` freezes a letter, `numbering` gives the number, `making` is
what a person does, `rendering` and `bundles` make the PDFs.
"""
