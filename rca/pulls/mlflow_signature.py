"""The input columns that a model version was registered with, from its `MLmodel` file.

Where that file lies is said by the registry, which is data: only the tracking server's own store, a local store of a
local registry, and places that the operator named are read.
"""

import json
import posixpath
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import yaml

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "MLmodel"
MAX_BYTES = 2**20
COLUMNS = 2000


def located(client: "MlflowClient", version: Any, tracking_uri: str, artifacts: str | None) -> str | None:
    """Return the address of a version's folder, or None where it may not be read."""
    place = _resolved(client, str(version.source or ""))
    parts = urlsplit(place)
    if ".." in unquote(parts.path).split("/"):
        return None
    if parts.scheme == "mlflow-artifacts" and not parts.netloc:
        return place
    if artifacts and (place + "/").startswith(artifacts.rstrip("/") + "/"):
        return place
    local = parts.scheme in {"", "file"} and parts.netloc in {"", "localhost"} and parts.path
    return place if local and not tracking_uri.startswith(("http:", "https:")) else None


def _resolved(client: "MlflowClient", source: str) -> str:
    """Return where `models:/m-<id>` and `runs:/<id>/<path>` lie."""
    from mlflow.exceptions import MlflowException  # noqa: PLC0415 (loaded already)

    kind, _, rest = source.partition(":/")
    try:
        if kind == "models" and rest.startswith("m-"):
            return str(client.get_logged_model(rest).artifact_location)
        if kind == "runs":
            run, _, path = rest.lstrip("/").partition("/")
            return posixpath.join(str(client.get_run(run).info.artifact_uri), path)
    except MlflowException:
        return ""  # the run or logged model is gone
    return source


def read_inputs(place: str, tracking_uri: str) -> dict[str, str] | None:
    """Return input column -> type; None where the model has no signature, or it cannot be read."""
    text = _read(place, tracking_uri)
    try:
        document = yaml.safe_load(text) if text else None
        signature = document.get("signature") if isinstance(document, dict) else None
        columns = json.loads(signature["inputs"]) if isinstance(signature, dict) and signature.get("inputs") else None
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None
    if not isinstance(columns, list):
        return None
    fields = [column for column in columns if isinstance(column, dict)][:COLUMNS]
    return {str(column.get("name", place)): _type(column) for place, column in enumerate(fields)}


def _type(column: dict[str, Any]) -> str:
    tensor = column.get("tensor-spec")
    kind = f"{tensor.get('dtype')}{tensor.get('shape')}" if isinstance(tensor, dict) else str(column.get("type"))
    return kind if column.get("required", True) else f"{kind}, optional"


def _read(place: str, tracking_uri: str) -> str | None:
    from mlflow.artifacts import download_artifacts, list_artifacts  # noqa: PLC0415 (loaded already)
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        found = list_artifacts(artifact_uri=place, tracking_uri=tracking_uri)
        if not any(Path(one.path).name == NAME and (one.file_size or 0) <= MAX_BYTES for one in found):
            return None
        with tempfile.TemporaryDirectory(prefix="rca-mlmodel-") as folder:
            path = download_artifacts(
                artifact_uri=f"{place.rstrip('/')}/{NAME}", dst_path=folder, tracking_uri=tracking_uri
            )
            return Path(path).read_text(encoding="utf-8")
    except (MlflowException, OSError, UnicodeDecodeError):
        return None


def differences(was: dict[str, str], now: dict[str, str]) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """Return (before, after): the columns alone that are not the same, None where one is missing."""
    names = sorted(name for name in {**was, **now} if was.get(name) != now.get(name))
    return {name: was.get(name) for name in names}, {name: now.get(name) for name in names}
