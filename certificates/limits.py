"""How often one address may look for a paper in vain: guessing is stopped, an office full of people is not.

Letters and certificates share one count.
"""

from datetime import timedelta

from django.http import HttpRequest

from accounts.addresses import network
from accounts.limits import Limit, give_back, take

#: Checks in vain from one address: twenty, then one more each half minute.
CHECK = Limit("paper check", 20, timedelta(seconds=30))


def count(request: HttpRequest) -> None:
    """Count one check by this address; accounts.limits.TooMany when there were too many in vain."""
    take(CHECK, network(request))


def found(request: HttpRequest) -> None:
    """Take a counted check back: it was not in vain."""
    give_back(CHECK, network(request))
