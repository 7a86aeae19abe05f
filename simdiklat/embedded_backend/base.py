"""PostgreSQL, started on the first connection: `check` and `--help` start nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql import base, client

from simdiklat import embedded


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell` uses the psql of the wheel."""

    def runshell(self, parameters: Iterable[str]) -> None:
        self.connection.get_connection_params()
        super().runshell(parameters)

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        arguments, environment = super().settings_to_cmd_args_env(settings_dict, parameters)
        arguments[0] = str(embedded.program("psql"))
        return arguments, environment


class DatabaseWrapper(base.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        self._point_at(embedded.ensure_running())
        return super().get_connection_params()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            # The server may have died under us: look once more, start it if so, try again.
            found = embedded.ensure_running(recheck=True)
            self._point_at(found)
            return super().get_new_connection({**conn_params, **found})

    def _point_at(self, found: dict[str, Any]) -> None:
        """Tools that read the settings (dbshell, test databases) see where the server listens."""
        self.settings_dict.update(
            HOST=found["host"], PORT=found["port"], USER=found["user"], PASSWORD=found["password"]
        )
