"""Personal data (UU 27/2022) over all rooms: the plain page, one's own data, retention, breach reports."""
