"""The first sign-in and the forgotten password: NIP and birth date, then a code; or a code by hand."""

import re
import time
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from accounts import codes, limits, timing
from accounts.models import OneTimeCode, RoleGrant
from accounts.roles import Role
from audit.errors import Refusal
from audit.models import Event
from employees import actions
from outbox import rendering
from outbox.models import Message
from tests import factories
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
NEW = "kereta-kuda-biru-17"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Answers at once; one test below is about their time."""
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


def ask(client, number, birth_date):
    return client.post(reverse("employees:ask_code"), {"number": number, "birth_date": birth_date})


def code_in_mail() -> str:
    """The code as the mail that leaves says it."""
    text = rendering.preview(Message.objects.latest("pk"), for_sending=True).text
    return re.search(r"\b(\d{4} \d{4})\b", text)[1]


def set_password(client, number, code, password=NEW):
    fields = {"number": number, "code": code, "password1": password, "password2": password}
    return client.post(reverse("employees:set_password"), fields)


def words(response) -> str:
    """What the page says, without the form tokens, which differ at every call, and what was typed."""
    text = re.sub(r"[A-Za-z0-9]{64}", "TOKEN", response.content.decode())
    return re.sub(r'name="number" value="[^"]*"', "NUMBER", text)


def test_an_employee_without_an_account_activates_it_and_signs_in(client, tree):
    person = factories.employee(tree.surabaya, name="Baru Masuk")
    answer = ask(client, person.nip_display, person.birth_date)
    assert answer.status_code == 302
    assert client.get(answer["Location"]).status_code == 200
    message = Message.objects.get()
    assert (message.kind, message.to_address) == (codes.MAIL_KIND, person.email)
    assert set_password(client, person.nip, code_in_mail()).status_code == 302
    signed_in = client.post(reverse("accounts:login"), {"username": person.nip, "password": NEW})
    assert signed_in.status_code == 302
    assert client.get(reverse("invitations:mine")).status_code == 200
    assert Event.objects.filter(verb="account.password_set").count() == 1
    assert Message.objects.filter(kind="security_notice", context__event="password_set").count() == 1


def test_a_code_works_once(client, cast):
    ask(client, cast.employee.nip, cast.employee.birth_date)
    code = code_in_mail()
    assert set_password(client, cast.employee.nip, code).status_code == 302
    again = set_password(client, cast.employee.nip, code, "another-long-passphrase")
    assert again.status_code == 200
    cast.employee_user.refresh_from_db()
    assert cast.employee_user.check_password(NEW)


def test_a_code_is_stored_hashed_and_shown_nowhere(client, cast):
    ask(client, cast.employee.nip, cast.employee.birth_date)
    code = code_in_mail()
    message, stored = Message.objects.get(), OneTimeCode.objects.get()
    for text in (str(message.context), message.body, rendering.preview(message).text, stored.digest):
        assert code not in text
        assert code.replace(" ", "") not in text
    client.force_login(cast.employee_user)
    page = client.get(reverse("outbox:detail", args=[message.pk])).content.decode()
    assert rendering.HIDDEN in page
    assert code not in page


def test_what_was_sent_is_kept_without_the_code(cast, client, settings, tmp_path):
    from outbox.delivery import deliver_due

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    from django.core import mail

    ask(client, cast.employee.nip, cast.employee.birth_date)
    code = code_in_mail()
    assert deliver_due().sent == 1
    assert code in mail.outbox[-1].body
    kept = Message.objects.get()
    assert kept.state == Message.State.SENT
    assert rendering.HIDDEN in kept.body
    assert code not in kept.body


def test_a_code_is_over_after_its_time(client, cast):
    ask(client, cast.employee.nip, cast.employee.birth_date)
    code = code_in_mail()
    OneTimeCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert set_password(client, cast.employee.nip, code).status_code == 200
    assert not rendering.still_wanted(Message.objects.get())


def test_a_newer_code_ends_the_older(client, cast):
    ask(client, cast.employee.nip, cast.employee.birth_date)
    older = code_in_mail()
    ask(client, cast.employee.nip, cast.employee.birth_date)
    assert OneTimeCode.objects.filter(used_at=None, ended_at=None).count() == 1
    assert set_password(client, cast.employee.nip, older).status_code == 200
    assert set_password(client, cast.employee.nip, code_in_mail()).status_code == 302


def test_five_wrong_attempts_use_a_code_up(client, cast):
    ask(client, cast.employee.nip, cast.employee.birth_date)
    code = code_in_mail()
    wrong = "0000 0000" if code != "0000 0000" else "1111 1111"
    for _ in range(codes.ATTEMPTS):
        assert set_password(client, cast.employee.nip, wrong).status_code == 200
    assert set_password(client, cast.employee.nip, code).status_code == 200
    assert OneTimeCode.objects.get().used_at is None


def test_a_code_opens_no_other_account(client, cast, tree):
    other = factories.employee(tree.surabaya)
    ask(client, cast.employee.nip, cast.employee.birth_date)
    code = code_in_mail()
    ask(client, other.nip, other.birth_date)
    assert set_password(client, other.nip, code).status_code == 200
    assert set_password(client, cast.stranger.nip, code).status_code == 200


def test_the_answer_is_the_same_whoever_is_asked_for(client, cast, tree):
    without_address = factories.employee(tree.surabaya, email="")
    retired = factories.employee(tree.surabaya, activity="PENSIUN")
    right = ask(client, cast.stranger.nip, cast.stranger.birth_date)
    right_page = words(client.get(right["Location"]))
    assert Message.objects.count() == 1
    for number, born in [
        ("000000000000000000", cast.stranger.birth_date),
        (cast.stranger.nip, cast.stranger.birth_date + timedelta(days=1)),
        (without_address.nip, without_address.birth_date),
        (retired.nip, retired.birth_date),
    ]:
        answer = ask(client, number, born)
        assert (answer.status_code, answer["Location"]) == (302, right["Location"])
        assert words(client.get(answer["Location"])) == right_page
    assert Message.objects.count() == 1
    assert get_user_model().objects.filter(username=retired.nip).count() == 0


def test_a_wrong_code_and_an_unknown_number_get_the_same_answer(client, cast):
    ask(client, cast.employee.nip, cast.employee.birth_date)
    wrong = "9999 9999" if code_in_mail() != "9999 9999" else "1111 1111"
    known = words(set_password(client, cast.employee.nip, wrong))
    assert known == words(set_password(client, "000000000000000000", wrong))


def test_both_answers_take_their_time(client, cast, monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    ask(client, cast.employee.nip, cast.employee.birth_date)
    ask(client, "000000000000000000", cast.employee.birth_date)
    assert len(slept) == 2
    # What the work took was hidden under the floor: it is what was slept that differs, never the sum.
    assert all(0 < seconds <= timing.ANSWER_SECONDS for seconds in slept)


def test_asking_too_often_is_answered_alike_for_known_and_unknown_numbers(client, cast):
    for number in (cast.employee.nip, "000000000000000000"):
        for _ in range(limits.CODE_NUMBER.burst):
            assert ask(client, number, cast.employee.birth_date).status_code == 302
        refused = ask(client, number, cast.employee.birth_date)
        assert refused.status_code == 429
        assert int(refused["Retry-After"]) > 60


def test_an_account_of_that_name_is_not_taken_over(client, cast, tree):
    person = factories.employee(tree.surabaya)
    get_user_model().objects.create_superuser(person.nip, "x@contoh.invalid", "x")
    ask(client, person.nip, person.birth_date)
    assert Message.objects.count() == 0


def test_a_weak_password_costs_no_attempt_and_tells_nothing(client, cast):
    ask(client, cast.employee.nip, cast.employee.birth_date)
    code = code_in_mail()
    known = words(set_password(client, cast.employee.nip, code, cast.employee.nip))
    assert known == words(set_password(client, "000000000000000000", code, "000000000000000000"))
    assert OneTimeCode.objects.get().attempts_left == codes.ATTEMPTS
    assert set_password(client, cast.employee.nip, code).status_code == 302


# --- By hand --------------------------------------------------------------------------------------


@pytest.fixture
def silent(tree):
    """Somebody of East Java without an address on record."""
    return factories.employee(tree.surabaya, email="", name="Tanpa Surel")


def shown_code(response) -> str:
    return re.search(r'class="one-code"[^>]*>([^<]+)<', response.content.decode())[1]


def test_the_operator_hands_out_a_code_and_it_is_recorded(client, cast, silent):
    client.force_login(cast.operator)
    address = reverse("employees:hand_out_code", args=[silent.pk])
    assert client.get(address).status_code == 200
    code = shown_code(client.post(address))
    event = Event.objects.get(verb="account.code_handed_out")
    assert (event.actor_id, event.object_id) == (cast.operator.pk, str(silent.pk))
    assert code.replace(" ", "") not in str(event.data)
    client.logout()
    assert set_password(client, silent.nip, code).status_code == 302
    assert (
        client.post(reverse("accounts:login"), {"username": silent.nip, "password": NEW}).status_code == 302
    )
    notice = Message.objects.get(context__event="code_handed_out")
    assert (notice.recipient.username, notice.state) == (silent.nip, Message.State.NO_ADDRESS)


def test_nobody_hands_out_codes_elsewhere_or_without_the_right(client, cast, silent):
    address = reverse("employees:hand_out_code", args=[silent.pk])
    for user, expected in [
        (cast.neighbour, 404),
        (cast.organiser, 403),
        (cast.auditor, 403),
        (cast.employee_user, 403),
    ]:
        client.force_login(user)
        assert (client.get(address).status_code, client.post(address).status_code) == (expected, expected)
    assert OneTimeCode.objects.count() == 0


def test_no_code_by_hand_where_a_mail_would_do(cast):
    with pytest.raises(Refusal):
        actions.hand_out_code(person=cast.employee, by=cast.operator)
    assert OneTimeCode.objects.count() == 0


def test_no_code_by_hand_for_an_account_that_sees_other_people(cast, tree, silent):
    user = get_user_model().objects.create_user(silent.nip, "", PASSWORD)
    silent.user = user
    silent.save()
    RoleGrant.objects.create(user=user, role=Role.CENTRAL, unit=tree.root)
    with pytest.raises(Refusal):
        actions.hand_out_code(person=silent, by=cast.operator)
    assert OneTimeCode.objects.count() == 0


def test_a_code_by_hand_replaces_a_forgotten_password_and_ends_the_sessions(client, cast, silent):
    user = get_user_model().objects.create_user(silent.nip, "", PASSWORD)
    silent.user = user
    silent.save()
    client.force_login(user)
    digits = actions.hand_out_code(person=silent, by=cast.operator)
    from django.test import Client

    assert set_password(Client(), silent.nip, digits).status_code == 302
    assert client.get("/account/").status_code == 302
