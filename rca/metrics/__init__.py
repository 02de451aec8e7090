"""Every metric of a model, a service or a business, as SQL over what was logged."""

from rca.metrics.measure import metric_series, metric_value
from rca.metrics.score import Score, score_sql
from rca.metrics.table import PredictionTable, prediction_table

__all__ = ["PredictionTable", "Score", "metric_series", "metric_value", "prediction_table", "score_sql"]
