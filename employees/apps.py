from django.apps import AppConfig


class EmployeesConfig(AppConfig):
    name = "employees"

    def ready(self) -> None:
        from accounts import identity
        from employees import actions
        from employees.merging import (
            checks,  # noqa: F401 - registers the system check
            own_rules,
        )

        identity.register(actions.account_by_nip)
        own_rules.register_rules()
