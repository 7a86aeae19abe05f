"""Pages that belong to no single room: home by role, search, language, the mails of a local portal."""
