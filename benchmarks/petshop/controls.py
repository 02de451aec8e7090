"""Controls: a graph that knows nothing of the recording, and names that do not belong to their series."""

from dataclasses import replace

import numpy as np

from benchmarks.petshop.cases import Issue, Table


def renamed(issue: Issue, seed: int = 0) -> dict[str, str]:
    """Return node -> another node, at random; the target keeps its name."""
    rng = np.random.default_rng([seed, *issue.name.encode()])
    others = [node for node in issue.nodes if node != issue.target[0]]
    return {issue.target[0]: issue.target[0], **dict(zip(others, rng.permutation(others).tolist(), strict=True))}


def random_graph(issue: Issue, seed: int = 0) -> Issue:
    """Return the issue with the nodes of its graph exchanged at random: what calls what is noise."""
    other = renamed(issue, seed)
    return replace(issue, calls=tuple((other[caller], other[callee]) for caller, callee in issue.calls))


def exchanged_series(issue: Issue, seed: int = 0) -> Issue:
    """Return the issue with its series exchanged between nodes at random: only names and graph can still be right."""
    other = renamed(issue, seed)

    def with_names(table: Table) -> Table:
        return Table(table.ts, {(other[node], *rest): value for (node, *rest), value in table.value.items()})  # type: ignore[misc]

    return replace(issue, normal=with_names(issue.normal), abnormal=with_names(issue.abnormal))
