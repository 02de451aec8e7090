import ast

import pytest

from tests.architecture.trees import ROOT, sources

FAMILIES = sorted(
    path
    for path in sources()
    if path.startswith("candidates/") and path.count("/") == 1 and not path.split("/")[1].startswith("_")
)


@pytest.mark.parametrize("path", FAMILIES)
def test_a_family_is_a_file_with_generate_and_a_test(path: str) -> None:
    tree = sources()[path]
    generators = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "generate"]
    assert len(generators) == 1, f"{path} has no function generate(evidence) -> Findings"
    assert len(generators[0].args.args) == 1
    name = path.removeprefix("candidates/").removesuffix(".py")
    assert (ROOT / "tests" / "candidates" / f"test_{name}.py").exists(), f"tests/candidates/test_{name}.py is missing"


def test_no_code_outside_a_family_lists_the_families() -> None:
    """A list of families would have to be edited with each new one; naming one (a prior, say) is fine."""
    names = {path.removeprefix("candidates/").removesuffix(".py") for path in FAMILIES}
    listing = {
        path: found
        for path, tree in sources().items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set))
        and len(found := {value.value for value in node.elts if isinstance(value, ast.Constant)} & names) == len(names)
        and len(names) > 2
    }
    assert listing == {}
