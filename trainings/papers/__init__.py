"""What all printed papers share: number series, wording, typesetting, files named by their hash.

Letters (`invitations/letters/`) and certificates (`certificates/`) are neighbours that do not know each
other; both stand on this.
"""
