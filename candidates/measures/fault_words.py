"""What is said and shown of a broken component: sentences, charts, what to check and what to do."""

import math

from candidates.measures.broken import Broken
from candidates.measures.clock import stamp
from schemas.evidence import Onset

VERIFY = {
    "cpu_saturated": "Compare cpu of {node} per request before and after; look at throttling and at its neighbours.",
    "memory_leak": "Restart one instance of {node}: does its memory start low and climb again?",
    "memory_pressure": "Look at garbage collection, swapping and restarts of {node} since then.",
    "disk_saturated": "Look at disk queues and free space of the hosts of {node} since then.",
    "network_saturated": "Look at traffic, drops and retransmissions of {node} by peer since then.",
    "network_lost": "Look at the links, drops and retransmissions of {node} by peer: its requests still come.",
    "error_burst": "Read a few failing requests of {node} since then: what do they have in common?",
    "retry_storm": "Count the attempts per request to {node} in a few failing traces.",
    "unavailable": "Check restarts, health checks and connection errors of {node} since then.",
}
REMEDY = {
    "cpu_saturated": "Scale {node} out or move it off the busy hosts; roll its last deployment back if that fits.",
    "memory_leak": "Restart {node} for now, roll its last deployment back, and find what it never frees.",
    "memory_pressure": "Give {node} more memory or roll its last deployment back.",
    "disk_saturated": "Free or add disk for {node}; move what writes so much.",
    "network_saturated": "Limit or move the traffic of {node}; check its links.",
    "network_lost": "Mend or route around the links of {node}.",
    "error_burst": "Roll the last deployment of {node} back if it fits, else mend what fails; let callers degrade.",
    "retry_storm": "Cap retries with backoff and a circuit breaker in front of {node}, then mend what makes it fail.",
    "unavailable": "Bring {node} back, with a fallback for its callers.",
}


def amount(value: float) -> str:
    """Return a number for a sentence, three digits."""
    return f"{value:.3g}" if math.isfinite(value) else "unknown"


def fault_summary(one: Broken, mechanism: str, onset: Onset | None, others: tuple[Broken, ...]) -> str:
    """Return one or two sentences: which metric broke, by how much and since when, and what broke with it."""
    since = f" since {stamp(onset.at)}" if onset else ""
    part = f" ({', '.join(f'{key}={value}' for key, value in sorted(one.part.items()))})" if one.part else ""
    change = f"from {amount(one.before)} to {amount(one.after)}{since}"
    verb = {"memory_leak": "climbs", "retry_storm": "rose"}.get(mechanism, "fell" if one.after < one.before else "rose")
    some = "" if one.covered > 0.9 else f", in {one.covered:.0%} of the time"
    retried = ", and callers retry" if mechanism == "retry_storm" else ""
    beside = f"; {' and '.join(other.metric for other in others[:2])} broke too" if others else ""
    return f"{one.metric} of {one.node}{part} {verb} {change}{some}{retried}{beside}."
