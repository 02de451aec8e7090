"""The published JSON Schemas (2020-12): documents of a bundle, rows of its tables, and the answer.

Documents and the answer come from the models in `schemas/`; the rows of the tabular files have no
model, for they are never read one by one, and are written out here in the words of the contract.
"""

import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rca.errors import UnknownName

if TYPE_CHECKING:
    from pydantic import BaseModel

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ALL = "all"

Schema = dict[str, Any]


def _field(types: str | list[str], description: str, **more: Any) -> Schema:
    return {"type": types, "description": description, **more}


_text = partial(_field, ["string", "null"])
_number = partial(_field, ["number", "null"])
_time = partial(_field, "string", format="date-time")
_name = partial(_field, "string", minLength=1)
_count = partial(_field, "number", minimum=0)

ROWS: Mapping[str, tuple[str, tuple[str, ...], Schema, Schema]] = {
    "predictions": (
        "A logged prediction. Every column that is not named here is a feature or a segment.",
        ("ts",),
        {
            "ts": _time("When the prediction was served; UTC unless it carries an offset."),
            "request_id": _text("Identifies the request."),
            "trace_id": _text("Identifies the trace of the request."),
            "model_version": _text("The version that served the row."),
            "query_id": _text("Ranking: the list that the row belongs to."),
            "split": _field(
                ["string", "null"],
                "Where the row comes from.",
                enum=["train", "validation", "production", None],
                default="production",
            ),
            "prediction": _field(
                ["number", "string", "boolean", "null"],
                "Binary: probability of the positive class, in [0, 1]. Regression: the value. Multiclass: the class.",
            ),
            "label": _field(["number", "string", "boolean", "null"], "The outcome; null until it is known."),
            "label_ts": _field(["string", "null"], "When the outcome became known.", format="date-time"),
        },
        {
            "patternProperties": {
                "^attribution_": _number("Contribution of the feature to the prediction, such as a SHAP value."),
                "^proba_": _number("Multiclass: probability of the class.", minimum=0, maximum=1),
            },
            "additionalProperties": {
                "description": "A feature or segment: a number, a truth value, text, a time, or a vector.",
                "type": ["number", "boolean", "string", "null", "array"],
                "items": {"type": ["number", "null"]},
            },
        },
    ),
    "histograms": (
        "The count of one bin of a column over a period: a range [left, right), a category, or the nulls (all null).",
        ("node", "column", "window_start", "window_end", "count"),
        {
            "node": _name("The model."),
            "model_version": _text("The version that served the rows."),
            "column": _name("The input column."),
            "window_start": _time("Start of the period, inclusive."),
            "window_end": _time("End of the period, exclusive."),
            "bin_left": _number("Left edge, inclusive."),
            "bin_right": _number("Right edge, exclusive."),
            "category": _text("The category."),
            "count": _count("Rows in the bin."),
            "sum_prediction": _number("Sum of the predictions of these rows."),
            "sum_label": _number("Sum of the known labels."),
            "n_labelled": _number("Rows whose label is known.", minimum=0),
            "sum_loss": _number("Sum of the losses of the labelled rows."),
            "sum_loss_sq": _number("Sum of the squared losses.", minimum=0),
        },
        {},
    ),
    "spans": (
        "A span of the flat trace table. OTLP/JSON lines are accepted as well.",
        ("trace_id", "span_id", "service", "operation", "start", "duration_ms"),
        {
            "trace_id": _name("The trace."),
            "span_id": _name("The span, unique in its trace."),
            "parent_span_id": _text("The calling span; null for the root."),
            "service": _name("The service: a node of the system."),
            "operation": _name("What was called."),
            "start": _time("Start; nanoseconds or microseconds are kept."),
            "duration_ms": _count("Duration in milliseconds."),
            "status": _field(["string", "null"], "How it ended.", enum=["ok", "error", None]),
            "attributes": _field(["object", "string", "null"], "Attributes, as an object or its JSON text."),
        },
        {},
    ),
    "kpis": (
        "A value of a metric at a time. Every column that is not named here is a dimension.",
        ("node", "metric", "ts", "value"),
        {
            "node": _name("The node that the metric belongs to."),
            "metric": _name("Its name; latencies in milliseconds, errors and availability as fractions."),
            "ts": _time("When it was measured."),
            "value": _number("The value; null when it was not measured."),
        },
        {},
    ),
}
"""Table -> (what a row is, required columns, columns, further keywords)."""

WRITTEN = ("analysis", "handling", "review", "action", "case", "procedure")
"""Documents that rca writes; the others people write."""

DOCUMENTS = ("system", "incident", "change", "feedback", *WRITTEN)
NAMES = (*DOCUMENTS, *ROWS)


def json_schema(name: str) -> Schema:
    """Return one published schema.

    Parameters
    ----------
    name
        One of `NAMES`.

    Raises
    ------
    UnknownName
        When there is no such schema.
    """
    if name in ROWS:
        return _head(name) | _row(name)
    if name in DOCUMENTS:
        mode = "serialization" if name in WRITTEN else "validation"
        return _head(name) | _model(name).model_json_schema(mode=mode)  # type: ignore[arg-type]
    raise UnknownName("schema", name, (*NAMES, ALL))


def write_schemas(names: tuple[str, ...], folder: Path) -> list[Path]:
    """Write `<name>.schema.json` for each name into the folder, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in names:
        target = folder / f"{name}.schema.json"
        target.write_text(json.dumps(json_schema(name), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        files.append(target)
    return files


def _head(name: str) -> Schema:
    return {"$schema": DIALECT, "$id": f"urn:rca-engine:schema:{name}:1"}


def _row(name: str) -> Schema:
    description, required, properties, more = ROWS[name]
    return {
        "title": f"One row of {name}",
        "description": description,
        "type": "object",
        "required": list(required),
        "properties": properties,
        **more,
    }


def _model(name: str) -> "type[BaseModel]":
    from schemas.analysis import Analysis  # noqa: PLC0415 - rows need no models
    from schemas.cases import Case, Procedure  # noqa: PLC0415
    from schemas.feedback import Feedback  # noqa: PLC0415
    from schemas.handling import HandledIncident  # noqa: PLC0415
    from schemas.incident import Change, Incident  # noqa: PLC0415
    from schemas.system import System  # noqa: PLC0415
    from schemas.weekly import ActionItem, WeeklyReview  # noqa: PLC0415

    models: dict[str, type[BaseModel]] = {
        "system": System,
        "incident": Incident,
        "change": Change,
        "analysis": Analysis,
        "feedback": Feedback,
        "handling": HandledIncident,
        "review": WeeklyReview,
        "action": ActionItem,
        "case": Case,
        "procedure": Procedure,
    }
    return models[name]
