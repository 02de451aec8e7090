"""Learners besides LightGBM, each a plain function (spec, rows, target, seed) -> model."""

from benchmarks.incidents.models.embedder import fit_embedder
from benchmarks.incidents.models.forest import fit_forest
from benchmarks.incidents.models.histgb import fit_histgb
from benchmarks.incidents.models.linear import fit_linear
from benchmarks.incidents.models.sequential import fine_tune, fit_sequential

__all__ = ["fine_tune", "fit_embedder", "fit_forest", "fit_histgb", "fit_linear", "fit_sequential"]
