import ast
import os
import re
import tomllib
from pathlib import Path

import pytest

from rca import __version__
from rca.cli.app import COMMANDS, build_app
from rca.export import NAMES
from tests.architecture.trees import ROOT, public_names, sources

README = (ROOT / "README.md").read_text(encoding="utf-8")
CLI = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
PYTHON = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
FORMATS = (ROOT / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")
FIRST_SCREEN = 60
"""Lines of the README that a reader sees first."""

PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if not path.relative_to(ROOT).as_posix().startswith(".")
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_readme_and_the_reference(command: str) -> None:
    assert f"rca {command}" in README
    assert f"## rca {command}" in CLI


COMPLETE = [
    (name, *part) for name, entry in COMMANDS.items() for part in ([(part,) for part, _ in entry.parts] or [()])
]
"""Every command that does something, as the words to call it."""


@pytest.mark.parametrize("command", COMPLETE, ids=" ".join)
def test_every_option_is_in_the_reference(command: tuple[str, ...]) -> None:
    section = CLI.partition(f"# rca {' '.join(command)}\n")[2].partition("\n## ")[0].partition("\n### ")[0]
    app = build_app("1")
    for word in command:
        app = app[word]
    arguments = app.assemble_argument_collection()
    missing = [name for argument in arguments for name in argument.names if name not in section]
    assert missing == []


def test_the_first_screen_shows_the_two_commands() -> None:
    start = "\n".join(README.splitlines()[:FIRST_SCREEN])
    assert "pip install uv && uv run rca demo" in start
    assert "pip install uv && uv run pytest" in start


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_in_the_reference(name: str) -> None:
    assert f"`{name}`" in FORMATS


PUBLIC = [
    path for path, tree in sources().items() if public_names(tree) and re.fullmatch(r"\w+/(\w+/)?__init__.py", path)
]
"""The parts' front doors, `rca/<part>/__init__.py`; what lies deeper is their own affair."""


@pytest.mark.parametrize("path", PUBLIC)
def test_public_names_are_documented(path: str) -> None:
    module = path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
    section = PYTHON.partition(f"## `{module}`\n")[2].partition("\n## ")[0]
    assert [name for name in public_names(sources()[path]) if f"`{name}" not in section] == []


def test_public_functions_and_modules_say_what_they_do() -> None:
    silent = [
        f"{path}: {getattr(node, 'name', 'module')}"
        for path, tree in sources().items()
        for node in (tree, *tree.body)
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef))
        and not getattr(node, "name", "module").startswith("_")
        and ast.get_docstring(node) is None
        and tree.body
    ]
    assert silent == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")} - {"index.md"}
    assert {page for page in pages if f"({page})" not in index} == set()


def test_one_version_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == __version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {__version__}" in changelog


def test_the_lock_has_exact_versions_with_hashes_and_names_no_host() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = re.split(r"\n(?=[a-z])", text.split("\n", 2)[2])
    assert len(requirements) > 40
    assert [line for line in requirements if "==" not in line or "--hash=sha256:" not in line] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[^a-z0-9-]", requirement.lower())[0] for requirement in wanted}
    assert {name for name in names if f"\n{name}==" not in text} == set()


@pytest.mark.parametrize("script", ["check", ".ci/run"])
def test_scripts_can_be_run(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
