"""The ranker: its versions, how good the answers have been, and which one answers."""

from typing import Annotated, Any, Literal

from fastapi import Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from api.caller import Caller
from api.pages.palette import Spec, dressed
from api.pages.person import Judge, Reader
from api.pages.pictures import Picture, ink_of, picture
from api.pages.render import page
from api.pages.route import pages
from api.pages.specs import Look
from api.service import Service
from rca.errors import Conflict, InputError
from rca.report.answer_charts import calibration_spec, learning_spec
from rca.review import registry
from rca.review.registry import BUILT_IN, Registered
from rca.warehouse import Warehouse
from rca.weekly.answers import Answers, answers

router = pages()

SQUARE = 360
MOST_EVENTS = 50


class Decision(BaseModel):
    """What somebody decides; `seen` is the ranker that answered when the form was shown."""

    version: str = Field(default="", max_length=200)
    reason: str = Field(default="", max_length=2000)
    force: bool = False
    seen: str = Field(default="", max_length=200)


@router.get("/ranker")
def show_ranker(request: Request, caller: Reader) -> Response:
    """Show the rankers and how good the answers have been."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found, learned = answers(warehouse), registry.all_versions(warehouse)
        current, log = registry.current(warehouse), registry.events(warehouse)
    return page(
        request,
        "ranker.html",
        here="ranker",
        caller=caller,
        answers=found,
        learned=learned,
        built_in=BUILT_IN[::-1],
        may=caller.allows("train"),
        current=current,
        log=log[: -MOST_EVENTS - 1 : -1],
    )


@router.get("/ranker/charts/{chart}.svg")
def show_ranker_chart(request: Request, _: Reader, how: Picture, chart: Literal["calibration", "learning"]) -> Response:
    """Draw the calibration plot or the learning curve."""
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        found, learned = answers(warehouse), registry.all_versions(warehouse)
    content = found.calibration if chart == "calibration" else (found.curve, tuple(each.version for each in learned))
    key = (str(service.store.path), "ranker", chart, content)
    return picture(key, how, lambda look: _spec(chart, found, learned, look))


def _spec(chart: str, found: Answers, learned: list[Registered], look: Look) -> Spec | None:
    if not found.settled:
        return None
    ink = ink_of(look.palette)
    if chart == "calibration":
        side = min(look.width - 70, SQUARE)
        return dressed(calibration_spec(found.calibration, ink) | {"width": side, "height": side - 90}, look.palette)
    points = [(len(each.incidents), each.figures.get("ac1")) for each in learned]
    known = [(n, float(rate)) for n, rate in points if rate is not None]
    width = look.width - 70 if look.width < SQUARE else look.width / 2
    return dressed(learning_spec(found.curve, known, ink) | {"width": width, "height": 270}, look.palette)


@router.get("/ranker/promote")
def ask_promote(request: Request, caller: Judge, version: Annotated[str, Query(max_length=200)]) -> Response:
    """Ask whether another ranker is to answer."""
    return _ask(request, caller, "promote", Decision(version=version))


@router.get("/ranker/rollback")
def ask_rollback(request: Request, caller: Judge) -> Response:
    """Ask whether the ranker before is to answer again."""
    return _ask(request, caller, "rollback", Decision())


def _ask(request: Request, caller: Caller, step: str, decision: Decision, error: InputError | None = None) -> Response:
    service: Service = request.app.state.service
    with service.store.reading() as warehouse:
        current = registry.current(warehouse)
        built_in = decision.version in BUILT_IN
        chosen = None if built_in or step == "rollback" else registry.registered(warehouse, decision.version)
    return page(
        request,
        "ranker_decide.html",
        status=422 if error else 200,
        here="ranker",
        caller=caller,
        step=step,
        decision=decision,
        current=current,
        chosen=chosen,
        error=error,
    )


@router.post("/ranker/promote")
def promote(request: Request, caller: Judge, said: Annotated[Decision, Form()]) -> Response:
    """Let another ranker answer from now on."""

    def do(warehouse: Warehouse) -> None:
        _still(warehouse, said)
        registry.promote(warehouse, said.version, caller.account, force=said.force, reason=said.reason)

    return _decided(request, caller, "promote", said, do)


@router.post("/ranker/rollback")
def rollback(request: Request, caller: Judge, said: Annotated[Decision, Form()]) -> Response:
    """Let the ranker before answer again."""

    def do(warehouse: Warehouse) -> None:
        _still(warehouse, said)
        registry.rollback(warehouse, caller.account, said.reason)

    return _decided(request, caller, "rollback", said, do)


def _still(warehouse: Warehouse, said: Decision) -> None:
    current = registry.current(warehouse)
    if said.seen and said.seen != current:
        raise Conflict(f"{current} answers now: somebody changed it meanwhile", mend="look again, then decide")


def _decided(request: Request, caller: Caller, step: str, said: Decision, do: Any) -> Response:
    service: Service = request.app.state.service
    try:
        service.change(caller, do, detail=f"{step} {said.version}".strip(), status=303)
    except InputError as error:
        return _ask(request, caller, step, said, error)
    return RedirectResponse(f"{request.scope.get('root_path', '')}/ranker", 303)
