"""Signing in and out, and the password."""

import pytest
from django.urls import reverse

from tests.conftest import PASSWORD


def sign_in(client, name, password=PASSWORD):
    return client.post(reverse("accounts:login"), {"username": name, "password": password})


def test_a_nip_may_be_typed_as_it_is_printed(client, cast):
    response = sign_in(client, f"  {cast.employee.nip_display} ")
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(cast.employee_user.pk)


@pytest.mark.parametrize("name", ["central", "nobody.at.all"])
def test_unknown_names_and_wrong_passwords_get_the_same_answer(client, cast, name):
    page = sign_in(client, name, "wrong password 123")
    assert page.status_code == 200
    assert (
        page.context["form"].non_field_errors()
        == sign_in(client, "x", "y").context["form"].non_field_errors()
    )
    assert "_auth_user_id" not in client.session


def test_a_locked_account_gets_that_answer_too(client, cast):
    cast.central.is_active = False
    cast.central.save()
    locked = sign_in(client, "central").context["form"].non_field_errors()
    assert locked == sign_in(client, "nobody", "y").context["form"].non_field_errors()


def test_signing_in_leads_home_in_the_language_of_the_account(client, cast):
    cast.central.language = "en"
    cast.central.save()
    response = sign_in(client, "central")
    assert response["Location"] == reverse("home")
    assert client.get("/").content.decode().count('<html lang="en"') == 1


def test_the_language_switch_is_remembered_with_the_account(client, cast):
    client.force_login(cast.central)
    client.post(reverse("language"), {"language": "en", "next": "/classes/"})
    cast.central.refresh_from_db()
    assert cast.central.language == "en"
    client.post(reverse("language"), {"language": "xx", "next": "/"})
    cast.central.refresh_from_db()
    assert cast.central.language == "en"


def test_signing_out_needs_a_post(client, cast):
    client.force_login(cast.central)
    assert client.get(reverse("accounts:logout")).status_code == 405
    client.post(reverse("accounts:logout"))
    assert "_auth_user_id" not in client.session


def test_the_password_can_be_changed(client, cast):
    client.force_login(cast.central)
    new = "another long enough passphrase"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert client.post(reverse("accounts:password"), fields).status_code == 302
    cast.central.refresh_from_db()
    assert cast.central.check_password(new)
