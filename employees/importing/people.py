"""Who is meant: people by NIP (present or former) and by ID_PEGAWAI."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class People:
    """Ids of all people by each of their numbers."""

    present: dict[str, int]
    former: dict[str, int]
    by_id: dict[str, int]

    @classmethod
    def read(cls, cursor: Any) -> "People":
        """Everybody, as the database has them now; the number of a merged record means the kept one."""
        cursor.execute("SELECT nip, external_id, COALESCE(merged_into_id, id) FROM employees_employee")
        present: dict[str, int] = {}
        by_id: dict[str, int] = {}
        for nip, external_id, pk in cursor:
            if nip is not None:
                present[nip] = pk
            if external_id is not None:
                by_id[external_id] = pk
        cursor.execute("SELECT nip, employee_id FROM employees_formernip")
        return cls(present, dict(cursor.fetchall()), by_id)

    def find(self, nip: str, external_id: str) -> tuple[int | None, int | None]:
        """(the person of the NIP, the person of the ID_PEGAWAI); a present NIP goes before a former one."""
        by_nip = self.present.get(nip) or self.former.get(nip)
        return by_nip, self.by_id.get(external_id)
