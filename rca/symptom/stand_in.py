"""Another metric in place of one that the data cannot give: whoever is paged needs an answer, not an error."""

from dataclasses import replace

from rca.errors import Immeasurable, InputError
from rca.symptom.measure import measure_symptom
from rca.warehouse import Warehouse
from schemas.evidence import Symptom
from schemas.incident import Incident
from schemas.system import System

LOSSES = ("brier", "logloss", "mae", "accuracy")
OTHERS = ("estimated_accuracy", "bias", "prediction_mean")
"""What says most of how right a model is comes first, what only says that its answers moved comes last."""


def measured_symptom(warehouse: Warehouse, system: System, incident: Incident) -> Symptom:
    """Measure an incident's metric, or where the data cannot give it the nearest one that they can, with a warning.

    Errors are those of `measure_symptom`, of the incident's own metric.
    """
    try:
        return measure_symptom(warehouse, system, incident)
    except Immeasurable as problem:
        # of a model whose task nobody declared an imported sum of losses may be of any loss
        for metric in (*(LOSSES if system.by_id[incident.node].task else ()), *OTHERS):
            # a loss may well fall while, say, f1 falls too: which way it went is for the data to say
            other = incident.model_copy(update={"metric": metric, "direction": None})
            try:
                symptom = measure_symptom(warehouse, system, other)
            except InputError:
                continue
            told = f"{problem.what}: {metric} is explained in its place"
            return replace(symptom, warnings=(told, *symptom.warnings))
        raise
