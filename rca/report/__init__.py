"""The answer for people: the analysis as readable text in a terminal."""

from rca.report.terminal import render, render_cause, render_list

__all__ = ["render", "render_cause", "render_list"]
