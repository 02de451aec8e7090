"""The case library: what incidents turned out to be, and what to do about each family of causes."""

from rca.cases.library import case
from rca.cases.manual import edit_procedure, history_of, procedure, procedures
from rca.cases.search import search_cases

__all__ = ["case", "edit_procedure", "history_of", "procedure", "procedures", "search_cases"]
