from django.apps import AppConfig


class EmployeesConfig(AppConfig):
    name = "employees"

    def ready(self) -> None:
        from accounts import identity
        from employees import actions

        identity.register(actions.account_by_nip)
