"""The loss that the profile keeps, per task: bounded where it can be, so that no single row dominates."""

LOSSES = {
    "binary": "(prediction - label) * (prediction - label)",
    "regression": "abs(prediction - label)",
    "ranking": "(prediction - label) * (prediction - label)",
    "multiclass": "CASE WHEN prediction IS NOT NULL AND label IS NOT NULL THEN CAST(prediction <> label AS DOUBLE) END",
}
"""Task -> SQL over the columns `prediction` and `label` of a prediction table; NULL without a label.

Binary: the squared error of the probability (Brier, 1950). Multiclass: 0/1 error. Regression:
absolute error, in the label's unit.
"""
