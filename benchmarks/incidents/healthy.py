"""How good every model is on healthy rows that it never saw: `python -m benchmarks.incidents.healthy`."""

import time

import numpy as np

from benchmarks.incidents.tables import DOMAINS, TUNE
from rca.demo.cascade import Cascade, as_input, train
from rca.demo.domain import Domain, ModelSpec
from rca.demo.quality import CLASS_METRICS, METRICS, class_codes
from rca.demo.table import known_texts

Line = tuple[str, str, int, str, str, str, float, float]
"""System, half, rows to serve, model, kind, metric, its value, and that of a constant answer."""


def measure(cascade: Cascade, spec: ModelSpec, prediction: np.ndarray) -> tuple[str, float, float]:
    """Return the metric that says most for a task, its value, and what a constant answer would have."""
    outcome = cascade.pool[spec.target]
    if spec.task == "binary":
        return "auc", METRICS["auc"](prediction, outcome, spec.threshold), 0.5
    if spec.task == "multiclass":
        codes = class_codes(outcome, cascade.models[spec.node].classes)
        _, counts = np.unique(known_texts(outcome), return_counts=True)
        return "accuracy", CLASS_METRICS["accuracy"](prediction, codes), float(counts.max() / counts.sum())
    known = np.isfinite(outcome)
    error, spread = (outcome - prediction)[known], outcome[known] - np.median(outcome[known])
    return "mae", float(np.abs(error).mean()), float(np.abs(spread).mean())


def lines(domain: Domain, cascade: Cascade) -> list[Line]:
    """Return a line per model of a system."""
    columns, found = dict(cascade.pool), []
    half = "tune" if domain.name in TUNE else "held out"
    for spec in domain.models:
        model = cascade.models[spec.node]
        prediction = model.predict(columns)
        if spec.output is not None:
            columns[spec.output] = as_input(model, prediction)
        if spec.task != "embedding":
            measured = measure(cascade, spec, prediction)
            found.append((domain.name, half, cascade.pool_size, spec.node, spec.kind, *measured))
    return found


def main() -> None:
    """Train every system and print its models."""
    print(f"{'system':17}{'half':10}{'rows':>7}  {'model':18}{'kind':12}{'metric':10}{'value':>8}{'constant':>10}")
    for domain in DOMAINS.values():
        begin = time.perf_counter()
        cascade = train(domain)
        seconds = time.perf_counter() - begin
        for name, half, rows, node, kind, metric, value, constant in lines(domain, cascade):
            print(f"{name:17}{half:10}{rows:7}  {node:18}{kind:12}{metric:10}{value:8.3f}{constant:10.3f}")
        print(f"{'':17}trained in {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
