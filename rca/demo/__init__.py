"""The incident that ships with the project, and composable faults on real data.

Importing this package is cheap: models and tables are loaded by the functions that need them.
"""

# ruff: noqa: PLC0415 - importing the demo is cheap: heavy libraries are loaded by the functions that need them

from collections.abc import Callable
from pathlib import Path

SEED = 8
ROWS = 24_000


def write_demo_bundle(folder: Path, progress: Callable[[str], None] | None = None) -> Path:
    """Train two models on real bookings, break a feed, and write what production logged as a bundle.

    Parameters
    ----------
    folder
        Where the bundle goes; made if missing.
    progress
        Called with a short text as each step begins.

    Returns
    -------
    Path
        The bundle's folder. The right answer lies beside it, in `<folder>.truth.json`.
    """
    from rca.demo.bundle import write_world
    from rca.demo.cascade import train
    from rca.demo.hotel import HOTEL
    from rca.demo.simulate import simulate
    from rca.demo.story import LEAD_TIME_IN_DAYS

    tell = progress or (lambda _: None)
    tell("training two models on hotel bookings")
    cascade = train(HOTEL)
    tell("serving six weeks of traffic")
    world = simulate(cascade, LEAD_TIME_IN_DAYS, SEED, ROWS)
    tell("writing the logs")
    write_world(folder, LEAD_TIME_IN_DAYS, world)
    return folder


__all__ = ["write_demo_bundle"]
