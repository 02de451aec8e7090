"""Ranking features, the heuristic, calibration: from candidates to probabilities."""
