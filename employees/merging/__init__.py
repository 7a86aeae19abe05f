"""Two records of one person: how they are found, and how they become one."""
