"""The figures of `rca bench speed` as tables."""

from collections.abc import Iterable, Sequence
from typing import Any

SAID = {
    "floor": "reading every column once in DuckDB (smallest, largest, sum)",
    "bins": "bins of the reference, made once",
    "whole": "profile of the whole window: rows, nulls, moments by bin",
    "hours": "profile by the hour, with sums of predictions, labels, losses",
}


def tables(figures: dict[str, Any]) -> str:
    """Return all tables as Markdown."""
    machine = figures["machine"]
    on = (
        f"On {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}, "
        f"DuckDB {machine['duckdb']}; 2 x {figures['rows']:,} rows x 50 columns, medians of {figures['repeats']}."
    )
    parts = [on, _table(("", "wall s", "CPU s", "CPU ratio", "peak MB", "drifted found", "false"), _profiled(figures))]
    if figures["linear"]:
        parts.append(_table(("rows", "read: CPU s", "by the hour: CPU s", "ratio", "peak MB"), _linear(figures)))
    parts.append(_table(("rows", "landing: wall s", "MB", "answer: wall s", "CPU s", "MB"), _answers(figures)))
    parts.append(_table(("", "figure"), _others(figures)))
    return "\n\n".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows])


def _profiled(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    steps = {SAID[name]: step for name, step in figures["profile"].items()}
    steps |= {f"{name} ({_what(step)})": step for name, step in figures.get("peers", {}).items()}
    floor = max(figures["profile"]["floor"]["cpu_s"], 1e-3)
    for name, step in steps.items():
        if "error" in step:
            yield name, "-", "-", "-", "-", f"not measured: {step['error'][:120]}", ""
            continue
        found = step["result"] if isinstance(step["result"], dict) else {}
        told = (f"{len(found['found'])} of {len(figures['drifted'])}", len(found["false"])) if found else ("", "")
        yield name, step["wall_s"], step["cpu_s"], f"{step['cpu_s'] / floor:.1f}", round(step["peak_mb"]), *told


def _what(step: dict[str, Any]) -> str:
    if "error" in step:
        return "-"
    return f"{step['result']['computes'].rstrip('.')}; {step['result']['sample']}"


def _linear(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    for rows, steps in ({2 * figures["rows"]: figures["profile"]} | figures["linear"]).items():
        read, hours = steps["floor"], steps["hours"]
        yield (
            f"{rows:,}",
            read["cpu_s"],
            hours["cpu_s"],
            f"{hours['cpu_s'] / read['cpu_s']:.1f}",
            round(hours["peak_mb"]),
        )


def _answers(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    for rows, steps in figures["answer"].items():
        land, told = steps["land"], steps["answer"]
        yield f"{2 * rows:,}", land["wall_s"], land["peak_mb"], told["wall_s"], told["cpu_s"], round(told["peak_mb"])


def _others(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    spans, slices, graph = figures["spans"], figures["slices"], figures["graph"]
    yield (
        f"{spans['of'][0]:,} spans reduced",
        f"{spans['wall_s']:.1f} s, {spans['spans_per_second']:,.0f} a second, {spans['peak_mb']:.0f} MB",
    )
    yield (
        f"slices of up to three conditions, {slices['of'][0]:,} rows x {slices['of'][1]} columns",
        f"{slices['wall_s']:.2f} s, {slices['peak_mb']:.0f} MB",
    )
    yield (
        f"blame over {graph['of'][0]:,} nodes and {graph['of'][1]:,} edges",
        f"{graph['blame_s']:.1f} CPU s; checking the system {graph['check_s']:.1f}, its graph {graph['graph_s']:.1f}",
    )
    crowd = figures["catalogue"]
    yield (
        f"an answer beside {crowd['of'][0]:,} models x {crowd['of'][1]} columns",
        f"{crowd['wall_s']:.2f} s; alone {crowd['alone_s']:.2f} s; {crowd['file_mb']:,.0f} MB",
    )
    many = figures["incidents"]
    yield (
        f"{many['of'][0]:,} incidents in {many['of'][1]} processes",
        f"{many['wall_s']:.1f} s, {many['incidents_per_second']:.1f} a second",
    )
    start = figures["start"]
    yield (
        "starting: " + ", ".join(name for name in start if name != "of"),
        ", ".join(f"{value:.2f} s" for name, value in start.items() if name != "of"),
    )
