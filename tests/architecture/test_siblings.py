import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT


def importing_rca(path: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": f"{path}{os.pathsep}{ROOT}"}
    code = "import rca; print(rca.__version__)"
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=cwd, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", ["schemas", "candidates", "rankers"])
@pytest.mark.parametrize("shadow", ["{}/__init__.py", "{}.py"])
def test_a_package_that_shadows_a_sibling_is_named(tmp_path: Path, name: str, shadow: str) -> None:
    foreign = tmp_path / "path" / shadow.format(name)
    foreign.parent.mkdir(parents=True)
    foreign.write_text("")
    done = importing_rca(tmp_path / "path", tmp_path)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: rca needs the package {name!r} beside it")
    assert str(foreign) in last


def test_without_a_shadow_the_import_succeeds(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = importing_rca(tmp_path / "empty", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_missing_sibling_is_named(tmp_path: Path) -> None:
    (tmp_path / "rca").mkdir()
    (tmp_path / "rca" / "__init__.py").write_text((ROOT / "rca" / "__init__.py").read_text(encoding="utf-8"))
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import rca"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "finds nowhere" in done.stderr.splitlines()[-1]
