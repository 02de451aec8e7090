"""What the benchmarks of recorded faults have in common: an answer, its figures, the controls and tables of it."""
