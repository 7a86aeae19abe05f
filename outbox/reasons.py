"""Why a message was not sent: sentences kept in the row in English and translated when shown."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

PUT_OFF = _("The mail server put the message off; it will be tried again.")
REFUSED = _("The mail server refused the message.")
ADDRESS_REFUSED = _("The address was refused for good by its mail server.")
ADDRESS_DEAD = _("Nothing is sent to this address since a mail server refused it for good.")
ADDRESS_INVALID = _("The address is not a valid e-mail address.")
NO_ADDRESS = _("The person has no e-mail address.")
GIVEN_UP = _("Given up after too many attempts.")
NOT_WANTED = _("No longer wanted when its time came.")
NOT_WRITTEN = _("The message could not be written from its template; it will be tried again.")
WORKER_LOST = _("A worker stopped while sending; the message is sent again and may arrive twice.")


def words(last_error: str) -> str:
    """The reason kept in a row, in the active language; a row without one never had an address."""
    return gettext(last_error or NO_ADDRESS)
