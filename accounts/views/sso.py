"""Sign-in through the ministry's own provider (OpenID Connect): begin, and come back."""

import logging
from typing import Any

import jwt
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache
from requests import RequestException

from accounts import limits
from accounts.access import PUBLIC, access
from accounts.adapters import not_come_through
from accounts.addresses import network

logger = logging.getLogger(__name__)

#: Signatures that count: asymmetric ones.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class _Provider(OpenIDConnectOAuth2Adapter):
    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        """The address registered with the provider, whatever host the request named."""
        return settings.PORTAL_URL + reverse(
            "openid_connect_callback", kwargs={"provider_id": self.provider_id}
        )

    def _decode_id_token(self, app: Any, id_token: str) -> dict[str, Any]:
        """The claims of a token signed with the provider's key for this portal, still valid.

        allauth trusts the line it came by instead; the NIP in it decides who is signed in, so it is
        checked. Only asymmetric signatures count, whatever the token's own head says.
        """
        config = self.openid_config
        with get_adapter().get_requests_session() as session:
            answer = session.get(config["jwks_uri"])
            answer.raise_for_status()
        try:
            keys = jwt.PyJWKSet.from_dict(answer.json()).keys
            kid = jwt.get_unverified_header(id_token).get("kid")
            # A provider with one key may leave its name out (OpenID Connect Core, 10.1).
            key = next(key for key in keys if kid is None or key.key_id == kid)
            claims: dict[str, Any] = jwt.decode(
                id_token,
                key,
                algorithms=_ALGORITHMS,
                audience=app.client_id,
                issuer=config["issuer"],
                options={"require": ["exp", "iat", "sub"]},
            )
        except (jwt.PyJWTError, StopIteration, ValueError) as error:
            raise OAuth2Error("the ID token does not hold") from error
        return claims


def _answer(request: HttpRequest, view: Any) -> HttpResponseBase:
    limits.take(limits.SSO_ADDRESS, network(request))
    provider = _Provider(request, "sso")
    try:
        answer: HttpResponseBase = view.adapter_view(provider)(request)
    except SocialApp.DoesNotExist as error:  # no provider is set up here
        raise Http404 from error
    except RequestException as error:
        logger.warning("The sign-in provider cannot be reached: %s", type(error).__name__)
        return not_come_through(request, provider.get_provider().name)
    return answer


@access(PUBLIC, before_second_factor=True)
@never_cache
def begin(request: HttpRequest, provider_id: str = "sso") -> HttpResponseBase:
    """To the provider's own sign-in page."""
    return _answer(request, OAuth2LoginView)


@access(PUBLIC, before_second_factor=True)
@never_cache
def come_back(request: HttpRequest, provider_id: str = "sso") -> HttpResponseBase:
    """From the provider: check what it says and sign in whom its NIP claim names."""
    return _answer(request, OAuth2CallbackView)
