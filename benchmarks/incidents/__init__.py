"""Incidents with known causes on public tables, and how well the engine finds them.

A process works on one case at a time, so libraries start no threads of their own; set before numpy is loaded.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
