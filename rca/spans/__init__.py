"""Traces reduced to small statistics: own time per operation, and the edges between services."""

from rca.spans.edges import SpanEdge, read_span_edges, span_edges
from rca.spans.profiles import operation_profiles

__all__ = ["SpanEdge", "operation_profiles", "read_span_edges", "span_edges"]
