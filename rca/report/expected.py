"""What the check of a cause should show if the cause is right, and what if it is not: said before anybody looks."""

from rca.report.words import clean, moment, pair, spoken
from schemas.analysis import Cause, IncidentSummary

_IF_TRUE = {
    "component_fault": "the component itself shows the fault since then: in its log, its restarts or its limits",
    "concept_drift": "rows labelled anew, or a model refitted on recent rows, say that like inputs now end otherwise",
    "config_change": "with the old setting, in a canary or a replay, the metric comes back",
    "data_quality": "the values are wrong at their source, or on the way from it, since then, and right before",
    "downstream_change": "the model's own figures stay healthy, and the step behind it does something else than before",
    "feature_drift": "the new values are real: the source shows the same shift, and it has a reason outside the system",
    "label_change": "a few outcomes checked by hand differ from their labels, or the guideline or the source changed",
    "latency_component": "its own time per request is longer since then, with the same calls and the same load",
    "model_change": "with the former version, on the same recent rows, the metric is as it was",
    "outliers": "the odd requests come from few clients, and without them the metric is nearly as it was",
    "population_shift": "inside each segment the metric stayed; only the segments' shares moved",
    "schema_change": "batches since then have the other schema, and reading them by the new one brings the values back",
    "slice_degradation": "the error steps up in this slice alone, at this time, and stays level elsewhere",
    "training_serving_skew": "the same entity has other values in training than in serving, from the first row on",
    "upstream_model_change": "fed with the former version's scores, this model's metric is as it was",
}
_IF_FALSE = {
    "component_fault": "its log and limits show nothing unusual then, or the same fault long before",
    "concept_drift": "labels given anew agree with what the model says",
    "config_change": "with the old setting nothing changes",
    "data_quality": "source and log agree, before as since",
    "downstream_change": "the model's own figures moved as well",
    "feature_drift": "the source's values are as ever, and the change happened on the way (a matter of data quality)",
    "label_change": "the outcomes agree with their labels",
    "latency_component": "it waits longer for others, or is called more often; by itself it is as fast as before",
    "model_change": "the former version does as badly on recent rows",
    "outliers": "without the odd requests the metric is as bad",
    "population_shift": "inside the segments the metric fell too",
    "schema_change": "batches before then had the same schema",
    "slice_degradation": "other rows became worse in the same measure",
    "training_serving_skew": "the values agree, or the model was healthy in production before",
    "upstream_model_change": "with the former version's scores the metric is as bad",
}


def expected(cause: Cause, seen: IncidentSummary) -> tuple[str, str]:
    """Return what the check shows if the cause is right, and if it is not."""
    usual, now = pair(seen.baseline_value, seen.value, seen.metric)
    since = f" (since {moment(cause.onset)} UTC)" if cause.onset else ""
    metric = clean(seen.metric, 60)
    right = _IF_TRUE.get(cause.family, f"undoing this {spoken(cause.family)} brings the metric back")
    wrong = _IF_FALSE.get(cause.family, f"undoing this {spoken(cause.family)} changes nothing")
    return (
        f"{_sentence(right)}{since}; once it is undone, {metric} returns towards {usual}.",
        f"{_sentence(wrong)}; {metric} stays near {now} whatever is done about it. Go on to the next cause.",
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
