"""Tables of recorded faults, the control of shuffled labels, and the misses in words."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.incidents.report import markdown, rate
from benchmarks.recorded.answer import Answer
from benchmarks.recorded.figures import Figures, place

HEAD = ("", "n", "AC@1", "AC@3", "Avg@5", "MRR", "ECE", "s ranking", "s from files")
DRAWS = 500


def shuffled_labels(ranked: Sequence[Sequence[str]], labels: Sequence[str], k: int, seed: int = 0) -> float:
    """Return the mean AC@k over many permutations of the labels."""
    rng = np.random.default_rng(seed)
    hits = np.array([[label in nodes[:k] for label in labels] for nodes in ranked], dtype=float)
    order = np.arange(len(labels))
    return float(np.mean([hits[order, rng.permutation(len(labels))].mean() for _ in range(DRAWS)]))


def shuffled(answers: Sequence[Answer], labels: Sequence[str]) -> tuple[float, float]:
    """Return AC@1 and AC@3 under labels drawn anew among the cases.

    That is what any ranking gets by knowing only which components are often at fault.
    """
    ranked = [one.nodes for one in answers]
    return shuffled_labels(ranked, labels, 1), shuffled_labels(ranked, labels, 3)


def table(found: Mapping[str, Figures]) -> str:
    """Return a table of figures by name."""
    return markdown(HEAD, [line(name, one) for name, one in found.items()])


def line(name: str, found: Figures) -> tuple[str, ...]:
    """Return one line of a table."""
    rates = (found.ac1, found.ac3, found.avg5, found.mrr, found.ece)
    seconds = (f"{found.ranking_seconds:.3f}", f"{found.seconds:.2f}")
    return (name, str(found.n), *map(rate, rates), *(text if text != "nan" else "-" for text in seconds))


def misses(names: Sequence[str], answers: Sequence[Answer], labels: Sequence[str], most: int) -> list[str]:
    """Return a block with the first causes of the answers that are wrong, `most` at most; nothing if none is shown."""
    wrong = [
        "\n    ".join([f"{name} {label}, {one.none_of_these:.2f} none of these", *one.told])
        for name, one, label in zip(names, answers, labels, strict=True)
        if place(one.nodes, label) != 1
    ]
    return ["```\n" + "\n".join(wrong[:most]) + "\n```"] if wrong[:most] else []
