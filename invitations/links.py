"""The signed link in a mail: one purpose (answering one invitation), works without signing in, expires.

The link names the invitation and nothing else; what may be answered is decided by the invitation's state
when the answer comes. It opens nothing but that one page.
"""

from datetime import timedelta

from django.core import signing
from django.urls import reverse

from invitations.models import Invitation

_SALT = "invitations.answer"
#: A link lives this long after it was signed; a late reader is told what became of the invitation.
LIFETIME = timedelta(days=120)


def token_for(invitation_id: int) -> str:
    """The token of an invitation's link."""
    return signing.TimestampSigner(salt=_SALT).sign_object(invitation_id)


def path_for(invitation_id: int) -> str:
    """The address of an invitation's answer page, inside the portal."""
    return reverse("invitations:answer_link", args=[token_for(invitation_id)])


def invitation_of(token: str) -> Invitation | None:
    """The invitation a token opens; None when it is forged, damaged or too old."""
    signer = signing.TimestampSigner(salt=_SALT)
    try:
        invitation_id = signer.unsign_object(token, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    return (
        Invitation.objects.select_related(
            "employee__unit", "training_class__programme", "training_class__organiser"
        )
        .filter(pk=invitation_id)
        .first()
    )
