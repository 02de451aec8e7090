"""Draw what a producer calls, types or encodes differently."""

from benchmarks.incidents.draw.luck import Luck
from benchmarks.incidents.faults.vocabulary import Vocabulary
from rca.demo.faults import Drop, Recode, Rename, Retype
from rca.demo.world import Fault


def renamed(luck: Luck) -> Fault | None:
    """Return a column under another name."""
    column = luck.column()
    to = luck.one_of(("{}_v2", "{}_new", "src_{}"))
    return column and Rename(column, to.format(column), luck.extent(ramp=0.0, sliced=0.0))


def dropped(luck: Luck) -> Fault | None:
    """Return a column that no longer arrives."""
    column = luck.column()
    return column and Drop(column, luck.extent(ramp=0.0, sliced=0.0))


def retyped(luck: Luck) -> Fault | None:
    """Return a number as text."""
    column, style = luck.number(), luck.one_of(("comma", "unit", "garbage"))
    share = luck.between(0.4, 0.9) if style == "garbage" else 1.0
    return column and Retype(column, style, luck.extent(ramp=0.0, sliced=0.0, share=share))


def recoded(luck: Luck) -> Fault | None:
    """Return categories in another code."""
    column, style = luck.text(), luck.one_of(("lower", "code", "prefix"))
    return column and Recode(column, style, luck.extent(ramp=0.2))


def vocabulary(luck: Luck) -> Fault | None:
    """Return some categories merged, split or renamed."""
    column, how = luck.text(), luck.one_of(("merged", "split", "renamed"))
    if column is None:
        return None
    known = list(luck.categories(column))[:8]
    some = luck.rng.permutation(known)[: max(len(known) // 2, 1 if how != "merged" else 2)]
    return Vocabulary(column, tuple(str(name) for name in some), how, luck.extent(ramp=0.0, sliced=0.0))


MECHANISMS = {
    "renamed": renamed,
    "dropped": dropped,
    "retyped": retyped,
    "recoded": recoded,
    "vocabulary": vocabulary,
}
