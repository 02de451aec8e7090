"""Names that look alike: one person behind several of them must not weigh as several.

What counts as one account, whose records one may take back, is stricter (`schemas.feedback.account`): there, names that
look alike stay different, for nobody may act for another by a name that looks like theirs.
"""

import unicodedata
from functools import lru_cache

_CYRILLIC = {
    "A": "a", "VE": "b", "IE": "e", "KA": "k", "EM": "m", "EN": "h", "O": "o", "ER": "p", "ES": "c", "TE": "t",
    "U": "y", "HA": "x", "DZE": "s", "BYELORUSSIAN-UKRAINIAN I": "i", "JE": "j", "KOMI DE": "d", "QA": "q", "WE": "w",
    "SHHA": "h", "PALOCHKA": "l", "STRAIGHT U": "y",
}  # fmt: skip
_GREEK = {
    "ALPHA": "a", "BETA": "b", "EPSILON": "e", "ETA": "n", "IOTA": "i", "KAPPA": "k", "NU": "v", "OMICRON": "o",
    "RHO": "p", "TAU": "t", "UPSILON": "u", "CHI": "x", "GAMMA": "y",
}  # fmt: skip
_LATIN = {"DOTLESS I": "i", "ALPHA": "a", "SCRIPT G": "g"}

_SHAPES = {"0": "o", "1": "l", "|": "l"} | {
    unicodedata.lookup(f"{script} SMALL LETTER {name}"): shape
    for script, shapes in (("CYRILLIC", _CYRILLIC), ("GREEK", _GREEK), ("LATIN", _LATIN))
    for name, shape in shapes.items()
}
"""Small letters of other scripts, and figures, that are drawn as a Latin letter is."""


@lru_cache(maxsize=4096)
def look_alike(account: str) -> str:
    """Return what an account's name looks like; names that look the same give the same.

    The idea is that of the skeletons of Unicode Technical Standard 39 (section 4), for the letters in which names of
    accounts are written: Latin, and the letters of Cyrillic and Greek that are drawn alike; marks above and below
    letters, spaces and punctuation are left out.

    Examples
    --------
    >>> look_alike("an\u0430") == look_alike("ana")
    True
    """
    plain = (c for c in unicodedata.normalize("NFD", account) if unicodedata.category(c)[0] not in "MZP")
    shapes = "".join(_SHAPES.get(c, c) for c in plain)
    return shapes or account
