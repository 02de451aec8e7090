"""Prediction logs with a known fault, for the symptom's tests."""

from datetime import timedelta

import numpy as np

from rca.symptom import measure_symptom
from rca.warehouse import Warehouse
from schemas.incident import Incident
from schemas.system import Node, System
from tests.rca.metrics.logs import START, write_kpi, write_log

MODEL = Node(id="m", kind="model", task="binary")
SHOP = Node(id="shop", kind="service")
SYSTEM = System(nodes=(MODEL, SHOP))


def day(number):
    """Return the moment so many days after START."""
    return START + timedelta(days=float(number))


def days_of(moment):
    """Return days since START."""
    return (moment - START) / timedelta(days=1)


def log_of(rng, rows, days, fault, *, until=None, share=1.0, batches=False):
    """Return a calibrated scorer's log whose scores turn to noise for a share of the rows during [fault, until)."""
    seconds = np.sort(rng.random(rows)) * days * 86400
    at = seconds / 86400
    logit = 1.5 * rng.standard_normal(rows) - 1 + 0.4 * np.sin(2 * np.pi * at)
    label = (rng.random(rows) < 1 / (1 + np.exp(-logit))) * 1.0
    bad = (at >= fault) & (at < (until or days)) & (rng.random(rows) < share)
    served = np.where(bad, 1.5 * rng.standard_normal(rows) - 1, logit)
    return {
        "seconds": np.floor(at) * 86400 if batches else seconds,
        "prediction": 1 / (1 + np.exp(-served)),
        "label": label,
    }


def measure(log, metric, detected, **stated):
    """Return the symptom of a log's metric."""
    with Warehouse() as warehouse:
        write_log(warehouse, MODEL, log["seconds"], **{name: log[name] for name in log if name != "seconds"})
        return measure_symptom(warehouse, SYSTEM, incident("m", metric, detected, **stated))


def measure_kpi(seconds, value, metric, detected, **stated):
    """Return the symptom of a recorded metric of the shop."""
    with Warehouse() as warehouse:
        write_kpi(warehouse, "shop", metric, seconds, value)
        return measure_symptom(warehouse, SYSTEM, incident("shop", metric, detected, **stated))


def incident(node, metric, detected, **stated):
    """Return an incident; times are given in days."""
    moments = {key: day(stated.pop(key)) for key in ("started_at", "ended_at") if key in stated}
    if "baseline" in stated:
        moments["baseline"] = tuple(day(number) for number in stated.pop("baseline"))
    return Incident(id="i", node=node, metric=metric, detected_at=day(detected), **moments, **stated)
