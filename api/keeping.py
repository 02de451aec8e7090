"""What is done to a project's data as a whole: copies of it, old rows that leave, one subject that is erased."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rca.errors import InputError
from rca.keep import Horizon, erase, retain
from rca.live.anew import write_anew_later
from rca.live.jobs import Progress, Run
from rca.warehouse.backup import back_up

if TYPE_CHECKING:
    from api.service import Service


class Keeping:
    """The jobs on a project's data.

    Parameters
    ----------
    service
        Whose.
    """

    def __init__(self, service: "Service") -> None:
        self.service = service
        self._subjects: dict[str, str] = {}

    @property
    def kinds(self) -> dict[str, Run]:
        """Return kind of job -> what does it."""
        return {"backup": self._back_up, "retain": self._retain, "erase": self._erase}

    def subject(self, value: str) -> str:
        """Keep the name of a subject for a job that is to erase it, and return what stands for it.

        Jobs are on disk and can be read; whose rows were erased must not be learned from them.
        """
        handle = secrets.token_hex(8)
        self._subjects[handle] = value
        return handle

    def _back_up(self, _: Mapping[str, Any], account: str, progress: Progress) -> Any:
        now = self.service.now()
        place = self.service.store.backups / f"{now:%Y-%m-%dT%H%M%S}-{secrets.token_hex(3)}"
        with self.service.store.reading() as warehouse:
            made = back_up(warehouse, place, taken_at=now, progress=progress)
        return {"name": place.name, **told(place, asdict(made)), "account": account}

    def _retain(self, parameters: Mapping[str, Any], _: str, progress: Progress) -> Any:
        horizon = Horizon(*(parameters.get(name) for name in ("raw_days", "spans_days", "kpis_days")))
        how = {"spare_open": bool(parameters["keep_open"]), "dry_run": bool(parameters["dry_run"])}
        now = self.service.now()
        done = self.service.store.write(
            lambda warehouse: retain(warehouse, horizon, now=now, progress=progress, **how)
        ).result()
        return asdict(done) | {"before": {kind: moment.isoformat() for kind, moment in done.before.items()}}

    def _erase(self, parameters: Mapping[str, Any], account: str, progress: Progress) -> Any:
        value = self._subjects.pop(str(parameters["subject"]), None)
        if value is None:
            raise InputError("the service ended before this was done, and keeps no names", mend="ask for it again")
        node, column, dry = str(parameters["node"]), str(parameters["column"]), bool(parameters["dry_run"])
        now = self.service.now()
        progress("erasing", 0, 1)
        done = self.service.store.write(
            lambda warehouse: erase(warehouse, node, column, value, now=now, who=account, dry_run=dry)
        ).result()
        if not dry:
            self.service.store.write(write_anew_later).result()
        return asdict(done) | {"left_in": [] if dry else LEFT}


LEFT = ["freed blocks of the file, until the service is started again", "backups", "what was ingested, at its source"]
"""Where erased rows can still be."""


def told(place: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return a backup as the API says it."""
    tables: Mapping[str, int] = manifest["tables"]
    parts = {name: manifest[name] for name in ("taken_at", "bytes", "sha256", "schema_version")}
    return {"name": place.name, **parts, "rows": sum(tables.values())}
