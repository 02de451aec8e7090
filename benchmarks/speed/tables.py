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
    if figures.get("linear"):
        parts.append(_table(("rows", "read: CPU s", "by the hour: CPU s", "ratio", "peak MB"), _linear(figures)))
    if figures.get("answer"):
        parts.append(_table(("rows", "landing: wall s", "MB", "answer: wall s", "CPU s", "MB"), _answers(figures)))
    parts.append(_table(("stage", "of", "wall s", "CPU s", "MB before", "peak MB"), _stages(figures)))
    parts.append(_table(("", "figure"), _others(figures)))
    failures = list(_failures(figures))
    if failures:
        parts.append(_table(("not measured", "why"), failures))
    return "\n\n".join(parts)


def _failures(figures: dict[str, Any], under: tuple[str, ...] = ()) -> Iterable[Sequence[object]]:
    """Yield the steps that failed, wherever they are, with the end of what they said."""
    for name, found in figures.items():
        if isinstance(found, dict) and under[:1] != ("peers",):  # peers are told in their own table
            if "error" in found:
                yield " ".join((*under, name)), " ".join(str(found["error"]).splitlines()[-1:])[-200:]
            else:
                yield from _failures(found, (*under, name))


def _get(figures: dict[str, Any], *names: str) -> dict[str, Any] | None:
    """Return a step's figures; None where it was not measured."""
    for name in names:
        figures = figures.get(name, {})
    return None if not figures or "error" in figures else figures


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows])


def _profiled(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    steps = {SAID[name]: step for name, step in figures["profile"].items() if name in SAID}
    peers = {} if "error" in figures.get("peers", {}) else figures.get("peers", {})
    steps |= {f"{name} ({_what(step)})": step for name, step in peers.items()}
    floor = _get(figures, "profile", "floor")
    for name, step in steps.items():
        if "error" in step:
            yield name, "-", "-", "-", "-", f"not measured: {step['error'][:120]}", ""
            continue
        found = step["result"] if isinstance(step["result"], dict) else {}
        told = (f"{len(found['found'])} of {len(figures['drifted'])}", len(found["false"])) if found else ("", "")
        yield name, step["wall_s"], step["cpu_s"], _ratio(step, floor), round(step["peak_mb"]), *told


def _ratio(step: dict[str, Any], floor: dict[str, Any] | None) -> str:
    return f"{step['cpu_s'] / max(floor['cpu_s'], 1e-3):.1f}" if floor else "-"


def _what(step: dict[str, Any]) -> str:
    if "error" in step:
        return "-"
    return f"{step['result']['computes'].rstrip('.')}; {step['result']['sample']}"


def _linear(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    sizes = {str(2 * figures["rows"]): figures["profile"]} | figures["linear"]
    for rows, steps in sizes.items():
        read, hours = _get(steps, "floor"), _get(steps, "hours")
        if read and hours:
            yield f"{int(rows):,}", read["cpu_s"], hours["cpu_s"], _ratio(hours, read), round(hours["peak_mb"])


def _answers(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    for rows, steps in figures["answer"].items():
        land, told = _get(steps, "land"), _get(steps, "answer")
        landed = (land["wall_s"], land["peak_mb"]) if land else ("-", "-")
        answered = (told["wall_s"], told["cpu_s"], round(told["peak_mb"])) if told else ("-", "-", "-")
        yield f"{2 * int(rows):,}", *landed, *answered


def _stages(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    """Yield what each stage holds at most; what the process held before is part of it."""
    for rows, stages in figures.get("stages", {}).items():
        for stage, step in stages.items():
            if "error" not in step:
                yield stage, f"{2 * int(rows):,} rows x 50 columns", *_cost(step)
    for name, said in (("spans", "span reduction"), ("slices", "slice search")):
        step = _get(figures, name)
        if step:
            yield said, f"{int(step['of'][0]):,} {'spans' if name == 'spans' else 'rows x 50 columns'}", *_cost(step)


def _cost(step: dict[str, Any]) -> Sequence[object]:
    return step["wall_s"], step["cpu_s"], round(step["held_mb"]), round(step["peak_mb"])


def _others(figures: dict[str, Any]) -> Iterable[Sequence[object]]:
    for name, written in OTHERS.items():
        step = _get(figures, name)
        if step:
            yield written(step, [f"{int(one):,}" for one in step["of"]])


def _spans(step: dict[str, Any], of: Sequence[str]) -> Sequence[object]:
    figure = f"{step['wall_s']:.1f} s, {step['spans_per_second']:,.0f} a second, {step['peak_mb']:.0f} MB"
    return f"{of[0]} spans reduced", figure


def _slices(step: dict[str, Any], of: Sequence[str]) -> Sequence[object]:
    figure = f"{step['wall_s']:.2f} s, {step['peak_mb']:.0f} MB"
    return f"slices of up to three conditions, {of[0]} rows x {of[1]} columns", figure


def _graph(step: dict[str, Any], of: Sequence[str]) -> Sequence[object]:
    figure = f"{step['blame_s']:.1f} CPU s; checking the system {step['check_s']:.1f}, its graph {step['graph_s']:.1f}"
    return f"blame over {of[0]} nodes and {of[1]} edges", figure


def _catalogue(step: dict[str, Any], of: Sequence[str]) -> Sequence[object]:
    figure = f"{step['wall_s']:.2f} s; alone {step['alone_s']:.2f} s; {step['file_mb']:,.0f} MB"
    return f"an answer beside {of[0]} models x {of[1]} columns", figure


def _incidents(step: dict[str, Any], of: Sequence[str]) -> Sequence[object]:
    figure = f"{step['wall_s']:.1f} s, {step['incidents_per_second']:.1f} a second"
    return f"{of[0]} incidents in {of[1]} processes", figure


def _start(step: dict[str, Any], _: Sequence[str]) -> Sequence[object]:
    times = {name: value for name, value in step.items() if name != "of"}
    return f"starting: {', '.join(times)}", ", ".join(f"{value:.2f} s" for value in times.values())


OTHERS = {
    "spans": _spans,
    "slices": _slices,
    "graph": _graph,
    "catalogue": _catalogue,
    "incidents": _incidents,
    "start": _start,
}
"""Step -> what its row of the last table says."""
