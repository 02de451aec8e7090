"""How far production is from the rows of training time, for faults that have always been there."""

from dataclasses import replace

import numpy as np

from rca.demo.extent import days
from rca.demo.symptoms import Move, meter, model_meter
from rca.demo.table import take
from rca.demo.world import World

ROWS = 3000


def trained_value(world: World, node: str, metric: str) -> float:
    """Return a model's metric over its training and validation rows, two of the first for one of the second."""
    cascade, parts = world.cascade, []
    for columns, rows in ((cascade.trained_on, ROWS), (cascade.validation, ROWS // 2)):
        parts.append(take(columns, np.arange(min(rows, len(columns[cascade.domain.final.target])))))
    both = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    model = cascade.models[node]
    n = len(both[model.spec.target])
    then = replace(
        world,
        ts=np.full(n, world.start - days(30)),
        keep=np.ones(n, dtype=bool),
        copies=np.zeros(n, dtype=np.int64),
        label_delay_days=np.zeros(n),
        labels={node: both[model.spec.target]},
        predictions={node: model.predict(both)},
    )
    return model_meter(then, node, metric)(np.ones(n, dtype=bool))


def skew_move(world: World, node: str, metric: str) -> Move:
    """Return how far a final model's metric in production lies from that in training."""
    read = meter(world, node, metric)
    day = ((world.ts - world.start) / days(1)).astype(int)
    daily = np.array([read(day == number) for number in np.unique(day)])
    known = daily[np.isfinite(daily)]
    after = read(np.ones(len(world.ts), dtype=bool))
    return Move(trained_value(world, node, metric), after, float(known.std()) if len(known) else float("nan"))
