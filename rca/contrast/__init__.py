"""The two periods of an incident side by side, from the raw logs: outcomes, attributions, components, one request."""

from rca.contrast.attributions import Attribution, attribution_shift
from rca.contrast.latency import ComponentTime, component_times
from rca.contrast.outcomes import Confusion, PrecisionRecall, confusion, model_of, precision_recall
from rca.contrast.trace import TraceSpan, example_trace

__all__ = [
    "Attribution",
    "ComponentTime",
    "Confusion",
    "PrecisionRecall",
    "TraceSpan",
    "attribution_shift",
    "component_times",
    "confusion",
    "example_trace",
    "model_of",
    "precision_recall",
]
