"""The command line over an engine that is not there: fakes stand where the commands import it."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from schemas.analysis import Analysis
from tests.samples import analysis

Calls = list[tuple[str, tuple[Any, ...], dict[str, Any]]]


@pytest.fixture
def calls() -> Calls:
    return []


@pytest.fixture
def answer() -> list[Analysis]:
    """What the fake engine answers; a test may change it."""
    return [analysis()]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, calls: Calls) -> Callable[..., None]:
    """Return a function that puts a module of fakes in place: `fake("rca.analyse", analyse_bundle=...)`."""

    def install(name: str, **functions: Callable[..., Any]) -> None:
        module = ModuleType(name)
        for function, result in functions.items():

            def stand_in(*args: Any, _name: str = function, _result: Any = result, **kwargs: Any) -> Any:
                calls.append((_name, args, kwargs))
                return _result(*args, **kwargs)

            setattr(module, function, stand_in)
        monkeypatch.setitem(sys.modules, name, module)

    return install


@pytest.fixture
def engine(fake: Callable[..., None], answer: list[Analysis]) -> None:
    fake("rca.analyse", analyse_bundle=lambda *_, **__: answer, analyse_database=lambda *_, **__: answer)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "inc 42"
    folder.mkdir()
    return folder
