"""What each idea adds: the engine answers the same cases with one of them switched off.

An ablation is a context manager that patches the engine in the process that answers, and puts it
back: `ABLATIONS["blame"]()`. To add one, write it below and name it in `ABLATIONS`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any

Ablation = Callable[[], AbstractContextManager[None]]


@contextmanager
def patched(owner: Any, name: str, value: Any) -> Iterator[None]:
    """Set an attribute while the block runs."""
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def without_blame() -> Iterator[None]:
    """Let no cause stand back because another one upstream explains it."""
    import rca.analyse as engine  # noqa: PLC0415 - only who answers needs the engine

    def everyone_is_a_root(evidence: Any, candidates: Sequence[Any]) -> list[Any]:
        return [replace(blame, root=1.0) for blame in assign(evidence, candidates)]

    assign = engine.assign_blame
    with patched(engine, "assign_blame", everyone_is_a_root):
        yield


def ranking_changed(rank: Callable[..., Any], change: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return a ranker that sees changed candidates and answers with the ones that it was given."""

    def changed(model: Any, proposed: Any) -> Any:
        seen = [change(c) for c in proposed.candidates]
        found = rank(model, replace(proposed, candidates=seen))
        own = dict(zip(map(id, seen), proposed.candidates, strict=True))
        return replace(found, ranked=tuple(replace(r, candidate=own[id(r.candidate)]) for r in found.ranked))

    return changed


@contextmanager
def without_time() -> Iterator[None]:
    """Let it count for nothing how well a cause's onset fits the symptom's."""
    from rankers import supervised  # noqa: PLC0415 - only who answers needs the engine

    timeless = ranking_changed(supervised.rank, lambda c: replace(c, features={**c.features, "alignment": 0.0}))
    with patched(supervised, "rank", timeless):
        yield


@contextmanager
def without_impact() -> Iterator[None]:
    """Let every cause count as if it explained half of the symptom: signs, strength and time alone decide."""
    import rca.analyse as engine  # noqa: PLC0415 - only who answers needs the engine

    def halved(candidate: Any) -> Any:
        return replace(candidate, impact=0.5)

    def by_place(evidence: Any, candidates: Sequence[Any]) -> list[Any]:
        return list(assign(evidence, [halved(c) for c in candidates]))

    assign = engine.assign_blame
    alike = ranking_changed(engine.supervised.rank, halved)
    with patched(engine.supervised, "rank", alike), patched(engine, "assign_blame", by_place):
        yield


@contextmanager
def without_undo() -> Iterator[None]:
    """Judge a column by reweighting alone: no putting back, no redoing, no leaving out."""
    from candidates.measures import diagnosis  # noqa: PLC0415 - only who answers needs the engine

    def unasked(*_: Any, **__: Any) -> float:
        return float("nan")

    with ExitStack() as stack:
        for name in ("repair", "redo", "drop"):
            stack.enter_context(patched(diagnosis, name, unasked))
        yield


@contextmanager
def without_explaining_away() -> Iterator[None]:
    """Let families propose what they see even where a moved column or a new version explains the symptom."""
    from candidates.measures import health  # noqa: PLC0415 - only who answers needs the engine

    with patched(health, "moved_columns", lambda _: ()), patched(health, "version_share", lambda *_: 0.0):
        yield


ABLATIONS: Mapping[str, Ablation] = {
    "impact": without_impact,
    "undo test": without_undo,
    "blame": without_blame,
    "time": without_time,
    "explaining away": without_explaining_away,
}
"""Idea -> how to switch it off."""
