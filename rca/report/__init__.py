"""The answer for people: the analysis as readable text in a terminal."""

from rca.report.terminal import render

__all__ = ["render"]
