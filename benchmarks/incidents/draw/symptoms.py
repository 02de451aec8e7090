"""In which figures a family's fault may be reported."""

from collections.abc import Sequence

from rca.demo.domain import Domain
from rca.demo.services import API, CALLS
from rca.demo.symptoms import metrics_of, needs_label
from rca.demo.world import Truth

Pair = tuple[str, str]
"""Node and metric."""

LATENCY = (API, "latency_p95")


def of_kpis(domain: Domain) -> list[Pair]:
    """Return the business figures."""
    return [(domain.cost_kpi, "cost_per_request"), (domain.rate_kpi, "share_accepted")]


def of_final(domain: Domain, *, labelled: bool = False) -> list[Pair]:
    """Return the final model's metrics; `labelled` keeps those that need labels."""
    final = domain.final
    return [(final.node, metric) for metric in metrics_of(final) if not labelled or needs_label(metric)]


def of_readers(domain: Domain, column: str | None) -> list[Pair]:
    """Return the metrics of the other models that read a column."""
    others = [spec for spec in domain.readers(column) if spec != domain.final] if column else []
    return [(spec.node, metric) for spec in others for metric in metrics_of(spec)]


OF_OUTCOMES = {"label_change"}
OF_ERRORS = {"concept_drift", "slice_degradation"}
OF_MODEL = {"model_change", "outliers"}


def symptoms_of(domain: Domain, truth: Truth | None) -> list[Pair]:
    """Return the symptoms that fit a cause; with None everything that anybody watches."""
    if truth is None:
        return [*of_final(domain), *of_kpis(domain), LATENCY]
    if truth.family in {"latency_component", "component_fault"}:
        return of_services(domain, truth)
    if truth.family == "downstream_change" or truth.mechanism == "threshold":
        return of_kpis(domain)
    if truth.family == "training_serving_skew":
        spec = domain.spec(truth.node)
        return [(spec.node, metric) for metric in metrics_of(spec) if needs_label(metric)]
    if truth.family in OF_OUTCOMES | OF_ERRORS:
        cost = [(domain.cost_kpi, "cost_per_request")] if truth.family in OF_ERRORS else []
        return [*of_final(domain, labelled=True), *cost]
    others = [] if truth.family in OF_MODEL else [*of_readers(domain, truth.subject), *of_kpis(domain)]
    return [*of_final(domain), *others]


def of_services(domain: Domain, truth: Truth) -> list[Pair]:
    """Return the symptoms of a component: waiting and failing, or what the models do without it."""
    if truth.mechanism == "store_fallback":
        return of_final(domain)
    waiting = [(service, "latency_p95") for service in callers(truth.node)]
    if truth.family == "latency_component":
        return waiting
    return [*waiting, *((service, metric) for service in callers(truth.node) for metric in ("errors", "availability"))]


def callers(service: str) -> list[str]:
    """Return the services that wait for a service, the entry first; the service itself only if it is the entry."""
    above = [caller for callee, caller in CALLS if callee == service]
    return list(dict.fromkeys([API, *above]))


def shared_symptoms(domain: Domain, truths: Sequence[Truth]) -> list[Pair]:
    """Return the symptoms that fit every one of the causes."""
    first, *others = [symptoms_of(domain, truth) for truth in truths] or [symptoms_of(domain, None)]
    return [pair for pair in dict.fromkeys(first) if all(pair in other for other in others)]
