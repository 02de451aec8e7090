"""Model versions, aliases, metrics and signatures from an MLflow registry, as change events.

The registry keeps when a version was registered but not when an alias moved: that is seen by comparing with what an
earlier pull delivered, and dated by the pull that saw it. Entities: https://mlflow.org/docs/latest/ml/model-registry/.
"""

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote as escaped
from urllib.parse import urlsplit

from rca.errors import InputError
from rca.pulls.mlflow_signature import differences, located, read_inputs
from rca.pulls.pulled import Document, Pulled, in_order, missing_extra, node_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

DeployOn = Literal["alias", "registration"]
PAGE = 100
METRICS = 20
SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_HTTP_REDIRECTS": "false",  # only the server that the operator named is asked
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
}


@dataclass(slots=True)
class _Registry:
    client: "MlflowClient"
    uri: str
    now: datetime
    nodes: Mapping[str, str]
    deploy_on: DeployOn
    artifacts: str | None
    known: frozenset[str]
    notes: list[str] = field(default_factory=list)

    def event(self, model: str, ts: datetime, kind: str, title: str, **more: Any) -> Document:
        """Return a change event on the model's node."""
        parts = urlsplit(self.uri)
        page = f"{self.uri.rstrip('/')}/#/models/{escaped(model, safe='')}" if parts.scheme.startswith("http") else None
        change = {"ts": ts.isoformat(), "node": node_of(model, self.nodes), "kind": kind, "title": f"MLflow: {title}"}
        return change | more | ({"url": page} if page and not parts.username else {})


def pull_mlflow(
    uri: str,
    *,
    now: datetime,
    nodes: Mapping[str, str] | None = None,
    models: Iterable[str] = (),
    since: datetime | None = None,
    known: Sequence[Document] = (),
    deploy_on: DeployOn = "alias",
    artifacts: str | None = None,
) -> Pulled:
    """Return what happened in a registry.

    Parameters
    ----------
    uri
        The tracking server or its database, from the operator's arguments.
    now
        The moment of the pull: an alias that moved is dated by it.
    nodes
        Registered model -> node; a model without one is the node of its own name.
    models
        Only these registered models; all when empty.
    since
        Leave out versions registered before.
    known
        Change events of earlier pulls, by time.
    deploy_on
        What counts as a deployment: a moved alias (or stage), or each new version.
    artifacts
        Where the models' files may be read besides the tracking server's own store: the start of their addresses.

    Raises
    ------
    InputError
        When MLflow is not installed, cannot be reached, or holds no such model.
    """
    titles = frozenset(str(change.get("title")) for change in known)
    registry = _Registry(_client(uri), uri, now, nodes or {}, deploy_on, artifacts, titles)
    changes: list[Document] = []
    with _explained(uri):
        for model in _models(registry.client, tuple(models)):
            versions = _versions(registry.client, model.name)
            for previous, version in zip((None, *versions), versions, strict=False):
                if since is None or _moment(version.creation_timestamp) >= since:
                    changes += _registered(registry, version, previous)
            changes += _moved(registry, model, versions, known)
    return Pulled("mlflow", in_order(changes), notes=tuple(registry.notes))


def _client(uri: str) -> "MlflowClient":
    """Return a client; a database that is not there is not made."""
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    if uri.startswith("sqlite:///") and not Path(uri.removeprefix("sqlite:///")).is_file():
        raise InputError("no such registry", file=uri.removeprefix("sqlite:///"), mend="give its SQLite file")
    try:
        from mlflow import MlflowClient  # noqa: PLC0415 (an extra, and 3 s to import)
    except ModuleNotFoundError as error:
        raise missing_extra("MLflow", "mlflow") from error
    with _explained(uri):
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


class _explained:  # noqa: N801 (a context manager reads like a verb)
    """Turns the client's errors into one line."""

    def __init__(self, uri: str) -> None:
        self.uri, self.raw = _without_password(uri, uri), uri

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ModuleNotFoundError):
            mend = "give the address of its server, or install sqlalchemy and alembic too"
            raise InputError(f"{self.uri}: a registry's database needs {error.name}", mend=mend) from error
        if type(error).__name__ in {"MlflowException", "RestException"}:
            what = _without_password(str(error).splitlines()[0], self.raw)[:300]
            raise InputError(
                f"{self.uri} cannot be read: {what}", mend="check the address, and that it runs"
            ) from error


def _without_password(text: str, uri: str) -> str:
    user = urlsplit(uri).netloc.rpartition("@")[0]
    return text.replace(f"{user}@", "") if user else text


def _paged(ask: Callable[..., Any], **arguments: Any) -> Iterator[Any]:
    token = None
    while True:
        page = ask(max_results=PAGE, page_token=token, **arguments)
        yield from page
        token = page.token
        if not token:
            return


def _models(client: "MlflowClient", names: tuple[str, ...]) -> list[Any]:
    found = sorted(_paged(client.search_registered_models), key=lambda model: str(model.name))
    absent = sorted(set(names) - {model.name for model in found})
    if absent:
        known = ", ".join(model.name for model in found[:10]) or "none"
        raise InputError(f"the registry holds no model {absent[0]!r}", mend=f"it holds {known}")
    return [model for model in found if not names or model.name in names]


def _versions(client: "MlflowClient", model: str) -> list[Any]:
    # the filter's language has no escapes: a name with both kinds of quotes is looked for among all
    quote = next((mark for mark in "'\"" if mark not in model), None)
    wanted = {"filter_string": f"name={quote}{model}{quote}"} if quote else {}
    found = _paged(client.search_model_versions, **wanted)
    return sorted((v for v in found if v.name == model), key=lambda version: int(version.version))


def _registered(registry: _Registry, version: Any, previous: Any) -> list[Document]:
    """Return the event of a registered version, and one of its signature where that differs from the one before."""
    model, number = version.name, str(version.version)
    title = f"version {number} of {model} registered"
    if f"MLflow: {title}" in registry.known:
        return []
    kind = "deploy" if registry.deploy_on == "registration" else "other"
    after = {"version": number, "model": model} | _metrics(registry.client, version)
    before = {"version": str(previous.version)} if previous else None
    ts = _moment(version.creation_timestamp)
    more = {"author": version.user_id} if version.user_id else {}
    changes = [registry.event(model, ts, kind, title, before=before, after=after, **more)]
    now, was = _inputs(registry, version), _inputs(registry, previous) if previous else {}
    if now is not None and was is not None and now != was:
        left, right = differences(was, now)
        told = (
            f"signature of {model} changed in version {number}"
            if previous
            else f"signature of {model} version {number}"
        )
        changes.append(registry.event(model, ts, "schema", told, before=left, after=right))
    return changes


def _metrics(client: "MlflowClient", version: Any) -> Document:
    """Return the finite metrics that the version's run logged, the first by name where they are many."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 (loaded already)

    try:
        found = client.get_run(version.run_id).data.metrics if version.run_id else {}
    except MlflowException:
        return {}  # its run was deleted; the version stays
    finite = {name: value for name, value in sorted(found.items()) if math.isfinite(value)}
    return {"metrics": dict(list(finite.items())[:METRICS])} if finite else {}


def _inputs(registry: _Registry, version: Any) -> dict[str, str] | None:
    place = located(registry.client, version, registry.uri, registry.artifacts)
    if place is None:
        registry.notes.append(
            f"the signature of version {version.version} of {version.name} was left out: its files lie elsewhere "
            f"({str(version.source)[:200]}); name the place that may be read with --artifacts"
        )
        return None
    return read_inputs(place, registry.uri)


def _moved(registry: _Registry, model: Any, versions: Sequence[Any], known: Sequence[Document]) -> list[Document]:
    """Return an event for each alias or stage that is new, points elsewhere than at the last pull, or is gone."""
    by_number = {str(version.version): version for version in versions}
    current = {str(alias): str(number) for alias, number in dict(model.aliases or {}).items()}
    stages = {f"stage {v.current_stage}": str(v.version) for v in versions if v.current_stage not in {None, "None"}}
    last = _last_seen(model.name, known)
    changes = []
    for alias, number in sorted((current | stages).items()):
        version, was = by_number.get(number), last.get(alias)
        if version is None or was == number:
            continue
        after = {"version": number, "model": model.name, "alias": alias}
        if alias in last:
            ts = _moment(version.last_updated_timestamp) if alias in stages else registry.now
            title = f"{alias} of {model.name} moved from version {was or 'none'} to {number}"
            changes.append(registry.event(model.name, ts, "deploy", title, before={"version": was}, after=after))
        else:  # since when is not recorded: not before the version was registered
            title = f"{alias} of {model.name} is version {number}"
            changes.append(
                registry.event(
                    model.name, _moment(version.creation_timestamp), "other", title, before=None, after=after
                )
            )
    for alias in sorted(name for name, number in last.items() if number and name not in current | stages):
        after = {"version": None, "model": model.name, "alias": alias}
        title = f"{alias} of {model.name} was removed from version {last[alias]}"
        before = {"version": last[alias]}
        changes.append(registry.event(model.name, registry.now, "other", title, before=before, after=after))
    return changes


def _last_seen(model: str, known: Sequence[Document]) -> dict[str, str | None]:
    """Return alias -> version as the last pull saw it."""
    seen: dict[str, str | None] = {}
    for change in known:
        after = change.get("after")
        if isinstance(after, dict) and after.get("model") == model and "alias" in after:
            number = after.get("version")
            seen[str(after["alias"])] = None if number is None else str(number)
    return seen


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
