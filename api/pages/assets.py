"""The style sheet and the scripts, under URLs that hold a digest of their content: browsers keep them for a year."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from api.problems import Problem

FOLDER = Path(__file__).parent / "static"
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
KEEP = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served."""

    digest: str
    content: bytes
    kind: str


@cache
def assets() -> dict[str, Asset]:
    """Return name -> file, read once."""
    return {path.name: _read(path) for path in sorted(FOLDER.iterdir()) if path.suffix in KINDS}


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    return Asset(hashlib.sha256(content).hexdigest()[:16], content, KINDS[path.suffix])


def asset_path(name: str) -> str:
    """Return the path under which a file is served."""
    return f"/static/{assets()[name].digest}/{name}"


@router.get("/static/{digest}/{name}")
def asset(digest: str, name: str) -> Response:
    """Send a file; of another digest than the present one there is none."""
    found = assets().get(name)
    if found is None or found.digest != digest:
        raise Problem(404, "not-found", f"there is no file {name[:80]!r} of this version")
    return Response(found.content, media_type=found.kind, headers={"Cache-Control": KEEP})
