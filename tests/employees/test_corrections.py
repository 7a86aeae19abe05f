"""Requests to correct personal data: asked by the person, answered by the unit in scope, once."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from audit.errors import Refusal
from audit.models import Event
from employees.correction_models import CorrectionRequest
from employees.corrections import actions
from outbox import rendering
from outbox.models import Message


@pytest.fixture
def asked(cast) -> CorrectionRequest:
    return actions.ask(
        employee=cast.employee, by=cast.employee_user, field="email", value="baru@contoh.invalid", text="SK 1"
    )


def code_of(function, **given) -> str:
    with pytest.raises(Refusal) as refused:
        function(**given)
    return refused.value.code


def test_an_accepted_request_changes_the_record_tells_the_person_and_leaves_the_value_before(cast, asked):
    before = cast.employee.email
    actions.answer(request=asked, by=cast.operator, accept=True, reason="")
    cast.employee.refresh_from_db()
    assert cast.employee.email == "baru@contoh.invalid"
    kept = type(cast.employee).pgh_event_model.objects.filter(pgh_obj=cast.employee).first()  # the latest
    assert kept.email == before
    message = Message.objects.get(kind="correction_answered")
    assert message.to_address == "baru@contoh.invalid"
    for language in ("id", "en"):
        message.language = language
        text = rendering.preview(message)
        assert text.subject
        assert ("diterima" if language == "id" else "accepted") in text.text
    verbs = list(Event.objects.filter(object_type="correction").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["correction.asked", "correction.accepted"]
    assert "baru@" not in str(Event.objects.filter(object_type="correction").values_list("data", flat=True))


def test_a_field_with_rules_of_its_own_stays_and_the_request_is_recorded(cast):
    request = actions.ask(employee=cast.employee, by=cast.employee_user, field="grade", value="III/b")
    actions.answer(request=request, by=cast.operator, accept=True, reason="Sudah diusulkan")
    cast.employee.refresh_from_db()
    assert cast.employee.grade == "III/a"
    assert Message.objects.get(kind="correction_answered").context["applied"] is False


def test_it_is_due_within_three_days_and_open_only_once(cast, asked):
    assert timedelta(hours=71) < asked.due_at - timezone.now() <= timedelta(hours=72)
    again = {
        "employee": cast.employee,
        "by": cast.employee_user,
        "field": "email",
        "value": "x@contoh.invalid",
    }
    assert code_of(actions.ask, **again) == "open"
    CorrectionRequest.objects.filter(pk=asked.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    asked.refresh_from_db()
    assert asked.overdue


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "no address", "value"), ("name", "", "value"), ("nip", "1", "field"), ("front_title", "x" * 99, "long"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(cast, field, value, code):
    given = {"employee": cast.employee, "by": cast.employee_user, "field": field, "value": value}
    assert code_of(actions.ask, **given) == code
    assert not CorrectionRequest.objects.exists()


def test_nobody_asks_for_another_and_nobody_answers_for_themselves_or_beside(cast, asked):
    given = {"employee": cast.stranger, "by": cast.employee_user, "field": "phone", "value": "1"}
    assert code_of(actions.ask, **given) == "permission"
    answer = {"request": asked, "accept": True, "reason": "x"}
    for by in (cast.neighbour, cast.employee_user, cast.auditor, cast.organiser, cast.leader):
        assert code_of(actions.answer, by=by, **answer) == "permission"
    cast.employee.user = cast.operator  # the operator's own record
    cast.employee.save()
    assert code_of(actions.answer, by=cast.operator, **answer) == "permission"
    assert CorrectionRequest.objects.open().count() == 1


def test_a_refusal_needs_a_reason_and_an_answer_stands(cast, asked):
    assert code_of(actions.answer, request=asked, by=cast.operator, accept=False, reason=" ") == "reason"
    actions.answer(request=asked, by=cast.operator, accept=False, reason="Tidak sesuai SK")
    assert code_of(actions.answer, request=asked, by=cast.central, accept=True, reason="") == "state"
    cast.employee.refresh_from_db()
    assert cast.employee.email != "baru@contoh.invalid"
    with pytest.raises(IntegrityError), transaction.atomic():
        CorrectionRequest.objects.filter(pk=asked.pk).update(answer="")


def test_the_pages_ask_and_answer(client, cast):
    client.force_login(cast.employee_user)
    own = reverse("employees:corrections_own")
    client.post(own, {"field": "phone", "value": "0812", "text": ""})
    assert "0812" in client.get(own).content.decode()
    request = CorrectionRequest.objects.get()
    client.force_login(cast.operator)
    page = client.get(reverse("employees:corrections")).content.decode()
    address = reverse("employees:answer_correction", args=[request.pk])
    assert address in page
    assert client.get(address).status_code == 200
    client.post(address, {"decision": "accept", "reason": ""})
    cast.employee.refresh_from_db()
    assert cast.employee.phone == "0812"
    client.force_login(cast.neighbour)
    assert client.get(address).status_code == 404
    assert address not in client.get(reverse("employees:corrections") + "?state=answered").content.decode()
