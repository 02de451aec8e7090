"""Draw what else happens around an incident: real systems are never quiet.

None of it makes the truth undecidable: decoys sit on columns without influence (case.py draws a case
again whose decoys alone move the symptom), harmless versions answer as before or nearly so, and events
of the kind that would be the truth's own evidence stay off the truth's node or days away from it.
"""

from collections.abc import Callable, Sequence

from benchmarks.incidents.draw.luck import MANY, Luck
from benchmarks.incidents.faults.harmless import HarmlessRetrain
from rca.demo.extent import Extent
from rca.demo.faults import Announcement, Corruption, Drop, LoneShift, NewVersion, Recode, Rename, Retype, SlowOperation
from rca.demo.services import SERVICES, operations
from rca.demo.table import is_text
from rca.demo.world import Effect, Truth

INNOCENT = (
    ("deploy", "deploy {node} 2.14"),
    ("config", "{node}: raise log level"),
    ("data_feed", "{node}: nightly load moved to 02:00"),
    ("infrastructure", "{node}: node pool rotated"),
    ("flag", "{node}: new metrics exporter on"),
    ("business", "campaign mailed"),
    ("schema", "{node}: column comments added"),
)
OF_LABELS = {"concept_drift", "label_change", "slice_degradation", "population_shift"}
"""Families for which an event about labels would be evidence; theirs stay days away."""

OF_VERSIONS = {"model_change", "upstream_model_change"}


def near(luck: Luck, onset: float) -> float:
    """Return a time around the onset, in days before the end."""
    return max(onset + luck.between(-0.6, 0.8), 0.05)


def events(luck: Luck, onset: float, guilty: set[str]) -> list[Effect]:
    """Return change events that do nothing, mostly shortly before the onset, on other nodes."""
    domain = luck.domain
    upstream = [spec.node for spec in domain.models[:-1]]
    nodes = [node for node in (*domain.sources, *SERVICES, *upstream) if node not in guilty]
    found: list[Effect] = []
    for _ in range(int(luck.rng.integers(1, 6))):
        kind, title = luck.one_of(INNOCENT)
        node = luck.one_of(nodes)
        when = onset + (luck.between(0.01, 0.4) if luck.chance(0.5) else luck.between(-1.0, 8.0))
        found.append(Announcement(node, kind, title.format(node=node), max(when, 0.05)))
    return found


def decoy(luck: Luck, onset: float, busy: set[str]) -> list[Effect]:
    """Return a fault's very signature on a column without influence."""
    column = luck.idle(busy)
    if column is None:
        return []
    busy.add(column)
    sharp = Extent(near(luck, onset))
    some = Extent(near(luck, onset), share=luck.between(0.2, 0.8))
    kinds: list[Callable[[], Effect]] = [
        lambda: Corruption(column, "null_burst", some),
        lambda: Corruption(column, "frozen", sharp, 0.5),
        lambda: Rename(column, f"{column}_v2", sharp),
        lambda: Drop(column, sharp),
    ]
    if not is_text(luck.cascade.pool[column]):
        kinds += [
            lambda: Corruption(column, "unit_change", sharp, luck.one_of((100.0, 0.01, 60.0))),
            lambda: Corruption(column, "out_of_range", some, -999.0),
            lambda: Retype(column, "comma", sharp),
        ]
    elif len(luck.categories(column)) <= MANY:
        kinds += [lambda: Recode(column, luck.one_of(("lower", "code", "prefix")), sharp)] * 2
    return [luck.one_of(kinds)()]


def lone_shift(luck: Luck, onset: float, busy: set[str]) -> list[Effect]:
    """Return an unimportant column that drifts a lot."""
    column = luck.idle(busy)
    if column is None:
        return []
    busy.add(column)
    return [LoneShift(column, Extent(near(luck, onset), share=luck.between(0.4, 0.9)))]


def version(luck: Luck, onset: float, truths: Sequence[Truth]) -> list[Effect]:
    """Return a new version that answers as before, exactly or nearly.

    Of a model whose own version is the cause it comes days earlier, so that the bad one replaces it.
    """
    spec = luck.one_of(luck.domain.models)
    guilty = any(truth.family in OF_VERSIONS and truth.node == spec.node for truth in truths)
    when = onset + luck.between(3.0, 9.0) if guilty or luck.chance(0.5) else near(luck, onset)
    if spec == luck.final and not guilty and luck.chance(0.5):
        return [HarmlessRetrain(spec.node, "3.4.2", Extent(when))]
    return [NewVersion(spec.node, "3.4.2" if spec == luck.final else "7.2.1", Extent(when))]


def guideline(luck: Luck, onset: float, truths: Sequence[Truth]) -> list[Effect]:
    """Return a guideline event that changed nothing; far away where it would be taken for evidence."""
    spec = luck.one_of(luck.domain.models)
    telling = any(truth.family in OF_LABELS for truth in truths)
    when = onset + luck.between(5.0, 12.0) if telling else near(luck, onset)
    title = f"labelling guideline of {spec.node}: wording clarified"
    return [Announcement(spec.node, "label_guideline", title, when, "v3", "v4")]


def blip(luck: Luck, onset: float) -> list[Effect]:
    """Return an operation that is slow for an hour or three."""
    operation = luck.one_of(operations(luck.domain))
    start = max(near(luck, onset), 0.2)
    extent = Extent(start, until=start - luck.between(0.05, 0.15))
    return [SlowOperation(operation.service, operation.operation, luck.between(2.0, 5.0), extent)]


def release(luck: Luck, onset: float, truth: Truth) -> list[Effect]:
    """Return a release of the node where the fault is, at its onset: it may have brought the fault."""
    services = truth.node in SERVICES
    if not services and truth.node not in luck.domain.sources:
        return []
    title = f"release of {truth.node}"
    return [Announcement(truth.node, "deploy" if services else "data_feed", title, onset + luck.between(0.0, 0.05))]


def draw_distractors(luck: Luck, onset: float, truths: Sequence[Truth]) -> tuple[Effect, ...]:
    """Return the innocent effects around one onset, in days before the end."""
    busy = {truth.subject for truth in truths if truth.subject}
    onset = min(onset, 20.0)  # a fault since the first row: the events are about the present all the same
    chosen = events(luck, onset, {truth.node for truth in truths})
    for chance, draw in (
        (0.7, lambda: lone_shift(luck, onset, busy)),
        (0.75, lambda: decoy(luck, onset, busy)),
        (0.3, lambda: decoy(luck, onset, busy)),
        (0.6, lambda: version(luck, onset, truths)),
        (0.35, lambda: guideline(luck, onset, truths)),
        (0.5, lambda: blip(luck, onset)),
    ):
        if luck.chance(chance):
            chosen += draw()
    for truth in truths:
        if luck.chance(0.4):
            chosen += release(luck, onset, truth)
    return tuple(chosen)
