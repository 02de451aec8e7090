"""Draw one incident at random: faults of a family, innocent events around them, evidence that is there."""

from benchmarks.incidents.draw import (
    component_fault,
    concept_drift,
    config_change,
    data_quality,
    downstream_change,
    feature_drift,
    label_change,
    latency_component,
    model_change,
    outliers,
    population_shift,
    schema_change,
    slice_degradation,
    training_serving_skew,
    upstream_model_change,
)

DRAWS = {
    module.__name__.rsplit(".", 1)[1]: module.MECHANISMS
    for module in (
        data_quality,
        schema_change,
        feature_drift,
        population_shift,
        concept_drift,
        label_change,
        upstream_model_change,
        model_change,
        config_change,
        training_serving_skew,
        slice_degradation,
        outliers,
        latency_component,
        component_fault,
        downstream_change,
    )
}
"""Family -> mechanism -> how a fault is drawn: `Luck -> Fault`, None where the system has no place for it."""

FAMILIES = (*DRAWS, "two_roots", "no_fault", "data_quality")
"""In turn; `data_quality` twice, as it has the most mechanisms."""

__all__ = ["DRAWS", "FAMILIES"]
