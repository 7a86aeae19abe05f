"""Sign-in through the ministry's own provider (OpenID Connect): begin, and come back."""

from typing import Any

from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts import limits
from accounts.access import PUBLIC, access
from accounts.addresses import network


class _Provider(OpenIDConnectOAuth2Adapter):
    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """The address registered with the provider, whatever host the request named."""
        return settings.PORTAL_URL + reverse(
            "openid_connect_callback", kwargs={"provider_id": self.provider_id}
        )

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """The claims of a token signed with the provider's key for this portal, still valid.

        allauth trusts the line it came by instead; the NIP in it decides who is signed in, so it is checked.
        """
        claims: dict[str, Any] = jwtkit.verify_and_decode(
            credential=id_token,
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return claims


def _answer(request: HttpRequest, view: Any) -> HttpResponseBase:
    limits.take(limits.SSO_ADDRESS, network(request))
    try:
        answer: HttpResponseBase = view.adapter_view(_Provider(request, "sso"))(request)
    except SocialApp.DoesNotExist as error:  # no provider is set up here
        raise Http404 from error
    return answer


@access(PUBLIC)
@never_cache
def begin(request: HttpRequest, provider_id: str = "sso") -> HttpResponseBase:
    """To the provider's own sign-in page."""
    return _answer(request, OAuth2LoginView)


@access(PUBLIC)
@never_cache
def come_back(request: HttpRequest, provider_id: str = "sso") -> HttpResponseBase:
    """From the provider: check what it says and sign in whom its NIP claim names."""
    return _answer(request, OAuth2CallbackView)
