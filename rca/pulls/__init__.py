"""Fetch from the tools that a team already has: one small module a source.

Each is a plain function that returns contract documents and touches no database; `deliver` writes them as the files of
a bundle, so that they land like any other file: validated, set aside where bad, and never twice.
"""

from rca.pulls.deliver import deliver, land
from rca.pulls.known import Known, known_of_folder
from rca.pulls.pulled import Pulled

__all__ = ["Known", "Pulled", "deliver", "known_of_folder", "land"]
