"""What each idea adds: the engine answers the same cases with one of them switched off.

An ablation is a context manager that patches the engine in the process that answers, and puts it
back: `ABLATIONS["blame"]()`. To add one, write it below and name it in `ABLATIONS`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
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


@contextmanager
def without_time() -> Iterator[None]:
    """Let it count for nothing how well a cause's onset fits the symptom's."""
    import rca.analyse as engine  # noqa: PLC0415 - only who answers needs the engine

    def timeless(candidates: Sequence[Any], *others: Any, **options: Any) -> Any:
        plain = [replace(c, features={**c.features, "alignment": 0.0}) for c in candidates]
        ranked, none = rank(plain, *others, **options)
        own = dict(zip(map(id, plain), candidates, strict=True))
        return tuple(replace(r, candidate=own[id(r.candidate)]) for r in ranked), none

    rank = engine.heuristic.rank
    with patched(engine.heuristic, "rank", timeless):
        yield


ABLATIONS: Mapping[str, Ablation] = {"blame": without_blame, "time": without_time}
"""Idea -> how to switch it off."""
