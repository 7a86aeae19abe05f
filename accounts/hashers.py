"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class PortalHasher(Argon2PasswordHasher):
    """Argon2id with the least that OWASP's Password Storage Cheat Sheet asks for: 19 MiB, two passes, one lane.

    Django's own setting takes 100 MiB and eight lanes for each password: twenty people who sign in at the same
    moment would take two gigabytes and all cores (docs/adr/0063-passwords-by-argon2.md).
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
