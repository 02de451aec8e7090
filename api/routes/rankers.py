"""The rankers: which there are, which one answers, learning another one."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.caller import Reads, Trains
from api.routes.jobs import JobState, started
from api.strict_route import StrictRoute
from rca.review import registry
from rca.review.training import plain
from rca.warehouse import Warehouse

router = APIRouter(prefix="/v1/rankers", tags=["rankers"], route_class=StrictRoute)


class Rankers(BaseModel):
    """All rankers, and which one answers."""

    current: str
    rankers: list[dict[str, Any]]


class Learn(BaseModel):
    """How to learn."""

    model_config = ConfigDict(extra="forbid")
    dry_run: bool = False


class Why(BaseModel):
    """Why a ranker is to answer, or no longer."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=2000)
    force: bool = Field(default=False, description="Although it was not measured to be better.")


def _told(warehouse: Warehouse) -> Rankers:
    current = registry.current(warehouse)
    learned = [
        plain(asdict(each)) | {"at": f"{each.at:%Y-%m-%dT%H:%M:%SZ}"} for each in registry.all_versions(warehouse)
    ]
    built_in = [{"version": name, "state": "current" if name == current else "built in"} for name in registry.BUILT_IN]
    return Rankers(current=current, rankers=[*built_in, *learned])


@router.get("")
def list_rankers(request: Request, _: Reads) -> Rankers:
    """Return all rankers."""
    with request.app.state.service.store.reading() as warehouse:
        return _told(warehouse)


@router.post(":train", responses={202: {"model": JobState}}, response_model=JobState)
def train_ranker(request: Request, caller: Trains, how: Learn | None = None) -> Response:
    """Learn a ranker from what is settled: 202 and the job's place, or with `Prefer: wait=SECONDS` what came of it."""
    return started(request, caller, "train", {"dry_run": (how or Learn()).dry_run})


@router.post("/{version}:promote")
def promote_ranker(request: Request, caller: Trains, version: str, why: Why | None = None) -> Rankers:
    """Let a ranker answer from now on, if it was measured to be no worse."""
    why = why or Why()

    def do(warehouse: Warehouse) -> Rankers:
        registry.promote(warehouse, version, caller.account, force=why.force, reason=why.reason)
        return _told(warehouse)

    return request.app.state.service.change(caller, do, detail=f"promoted {version}")  # type: ignore[no-any-return]


@router.post(":rollback")
def rollback_ranker(request: Request, caller: Trains, why: Why | None = None) -> Rankers:
    """Return to the ranker that answered before."""

    def do(warehouse: Warehouse) -> Rankers:
        registry.rollback(warehouse, caller.account, (why or Why()).reason)
        return _told(warehouse)

    return request.app.state.service.change(caller, do, detail="rolled back")  # type: ignore[no-any-return]
