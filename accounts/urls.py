"""Addresses of signing in. allauth looks its own up by its own names (`allauth_urlpatterns`, no namespace).

Only what is listed exists: its pages for signing up, mail addresses and linked accounts do not.
"""

from django.urls import path

from accounts.views import factors, security, signing, sso

app_name = "accounts"
urlpatterns = [
    path("sign-in/", signing.sign_in, name="login"),
    path("sign-out/", signing.sign_out, name="logout"),
    path("account/", security.security, name="security"),
    path("account/password/", signing.change_password, name="password"),
    path("account/sessions/end/", security.end_sessions, name="end_sessions"),
    path("account/sessions/<int:pk>/end/", security.end_session, name="end_session"),
    path("account/second-factor/", factors.choose, name="second_factor"),
    path("roles/", security.roles, name="roles"),
]

allauth_urlpatterns = [
    path("sign-in/", signing.sign_in, name="account_login"),
    path("sign-out/", signing.sign_out, name="account_logout"),
    path("sign-in/code/", factors.code, name="mfa_authenticate"),
    path("sign-in/passkey/", factors.passkey_sign_in, name="mfa_login_webauthn"),
    path("sign-in/sso/", sso.begin, {"provider_id": "sso"}, name="openid_connect_login"),
    path("sign-in/sso/back/", sso.come_back, {"provider_id": "sso"}, name="openid_connect_callback"),
    path("account/", security.security, name="mfa_index"),
    path("account/prove/", signing.password_again, name="account_reauthenticate"),
    path("account/prove/code/", factors.code_again, name="mfa_reauthenticate"),
    path("account/prove/passkey/", factors.passkey_again, name="mfa_reauthenticate_webauthn"),
    path("account/app/add/", factors.activate_app, name="mfa_activate_totp"),
    path("account/app/remove/", factors.remove_app, name="mfa_deactivate_totp"),
    path("account/passkeys/add/", factors.add_passkey, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/remove/", factors.remove_passkey, name="mfa_remove_webauthn"),
    path("account/recovery-codes/", factors.recovery_codes, name="mfa_view_recovery_codes"),
    path("account/recovery-codes/new/", factors.new_recovery_codes, name="mfa_generate_recovery_codes"),
]
