"""The symptom: is the change real, since when, and against what."""

from rca.symptom.control import Chart, control_chart
from rca.symptom.measure import measure_symptom, other_reading
from rca.symptom.onset import onset_of
from rca.symptom.stand_in import measured_symptom

__all__ = ["Chart", "control_chart", "measure_symptom", "measured_symptom", "onset_of", "other_reading"]
