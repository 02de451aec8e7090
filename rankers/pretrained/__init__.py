"""The ranker that ships: learned from injected incidents of public tables; `DATASHEET.md` says of which, and how."""

from functools import cache
from importlib.resources import files

from rankers.model import Model, read_model
from rankers.trees import MalformedModel

MODEL, CHECKSUM = "model.json", "model.sha256"


@cache
def pretrained() -> Model:
    """Return the shipped ranker.

    Raises
    ------
    TamperedModel
        When its checksum is not the one beside it.
    MalformedModel
        When it is missing, not to be read, or made for another heuristic.
    """
    folder = files(__name__)
    try:
        document = (folder / MODEL).read_text(encoding="utf-8")
        expected = (folder / CHECKSUM).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise MalformedModel(f"the shipped ranker is damaged: {type(error).__name__}") from error
    return read_model(document, expected.partition(" ")[0].strip())
