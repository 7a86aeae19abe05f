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

        from employees import exports

        exports.register_all()

        from employees.exporting import work
        from employees.tasks import export
        from jobs import results

        results.guard(export.name, work.may_fetch)
