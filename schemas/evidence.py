"""The frames that candidate generators read: small, frozen, already reduced.

Times are `datetime64[us]` arrays in UTC without an offset; `datetime` values carry UTC. Shapes are
written `(T,)` for time buckets, `(B,)` for bins, `(N,)` for sampled rows.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from schemas.incident import Change, Direction, Incident
from schemas.system import Node, System

T = TypeVar("T")
FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
TimeArray = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open period [start, end), UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """A metric over time: bucket starts `ts` (T,), `value` (T,) with NaN for gaps, `n` (T,) rows per bucket."""

    node: str
    metric: str
    ts: TimeArray
    value: FloatArray
    n: FloatArray
    dimensions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Onset:
    """When something began: the estimate and its 90 % interval, UTC."""

    at: datetime
    low: datetime
    high: datetime


@dataclass(frozen=True, slots=True)
class Symptom:
    """The incident as measured.

    Parameters
    ----------
    baseline, window
        The fair comparison period and the incident's period.
    reference_split
        True when no healthy production period exists and the baseline is the training and validation rows (then
        `baseline` is the period of those rows, or the window itself).
    by_heart
        True when it is only worse than on the training rows: a fault where the model learned them by heart.
    baseline_value, value
        The metric over each period, in the metric's own unit; NaN when it cannot be computed.
    p_value, z
        Control chart: is the change real, given the baseline's own variation? z is in units of the baseline's
        between-bucket standard deviation, signed.
    bucket_seconds
        Width of the series' buckets.
    """

    incident: Incident
    direction: Direction
    baseline: Window
    window: Window
    onset: Onset
    series: Series
    baseline_value: float
    value: float
    p_value: float
    z: float
    bucket_seconds: float
    reference_split: bool = False
    by_heart: bool = False
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """Counts of one input column by time bucket and bin, production rows only.

    Parameters
    ----------
    kind
        `numeric`, `boolean`, `category`, `timestamp` or `vector` (then one profile per `part`).
    roles, labels
        (B,) per bin: its role (`range`, `category`, `null`, `nan`, `minus_inf`, `plus_inf`, `below`,
        `above`, `other`, `unseen`) and a readable label.
    left, right
        (B,) edges of `range` bins, NaN elsewhere.
    ts
        (T,) bucket starts, covering baseline and window.
    counts
        (T, B) rows.
    sum_value, sum_value_sq
        (T,) sums over the finite values of a numeric column.
    reference
        (B,) counts over the train and validation rows; zeros when there are none.
    before, after
        (B,) counts over the symptom's baseline and window.
    loss_before, loss_after, labelled_before, labelled_after
        (B,) sums of the logged loss and counts of labelled rows over baseline and window.
    """

    node: str
    column: str
    part: str
    kind: str
    roles: tuple[str, ...]
    labels: tuple[str, ...]
    left: FloatArray
    right: FloatArray
    ts: TimeArray
    counts: FloatArray
    sum_value: FloatArray
    sum_value_sq: FloatArray
    reference: FloatArray
    before: FloatArray
    after: FloatArray
    loss_before: FloatArray
    loss_after: FloatArray
    labelled_before: FloatArray
    labelled_after: FloatArray


@dataclass(frozen=True, slots=True)
class Rows:
    """A bounded, deterministic sample of a model's logged rows from baseline and window.

    Parameters
    ----------
    after
        (N,) True for rows of the window, False for rows of the baseline.
    ts, version
        (N,) row time; model version (empty text when not logged).
    prediction, label
        (N,) numbers; a class's index for multiclass; NaN when null.
    score
        (N,) the row's contribution to the symptom's metric (or to the prediction, for a model that
        is only upstream), oriented so that *larger is worse*; NaN when it needs a missing label.
    bins
        column -> (N,) position in the `ColumnProfile`'s bins (key `column`, or `column[part]`).
    values
        numeric column -> (N,) float values, NaN for null.
    classes, proba
        Of a multiclass model: the classes that `prediction` and `label` index (first those that it may answer, then
        labels that it never does), and (N, K) logged probabilities of the first K; None where they are not logged.
    split
        (N,) `train`, `validation` or `production`; None when the baseline is production too.
    label_delay
        (N,) days from the row to its label; NaN where not logged. None without `label_ts`.
    repeats
        (N,) rows that repeat an earlier one of their side: same request, or same time and prediction.
    attributions
        feature -> (N,) logged attribution (a SHAP value, say).
    """

    after: BoolArray
    ts: TimeArray
    version: NDArray[np.object_]
    prediction: FloatArray
    label: FloatArray
    score: FloatArray
    bins: Mapping[str, IntArray]
    values: Mapping[str, FloatArray]
    classes: tuple[str, ...] = ()
    proba: FloatArray | None = None
    split: NDArray[np.object_] | None = None
    label_delay: FloatArray | None = None
    repeats: BoolArray | None = None
    attributions: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionSpan:
    """When a model version served: first and last row (UTC), and rows before and in the window."""

    version: str
    first: datetime
    last: datetime
    n_before: int
    n_after: int


@dataclass(frozen=True, slots=True)
class SchemaObservation:
    """What one batch of a model's log looked like for one column.

    `kind` is the observed kind; `uncast` counts values that did not fit the column's kept type, with
    a few `examples` of them as raw text.
    """

    node: str
    column: str
    position: int
    type: str
    kind: str
    rows: int
    nulls: int
    uncast: int
    first: datetime
    last: datetime
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelEvidence:
    """Everything reduced from one model's prediction log.

    Parameters
    ----------
    columns
        key (`column` or `column[part]`) -> profile, features and segments.
    outputs
        metric -> series: `prediction_mean`, `rows`, where labels are known the losses, a share that a KPI follows.
    rows
        Sampled rows; None when only histograms were imported.
    producers
        input column -> node that an edge names as its source.
    batches
        One entry per batch and column, ordered by time; of histograms alone per bucket (`rca.evidence.counted`).
    score_name
        What `Rows.score` measures, in words.
    vocabulary
        Category column whose shares moved -> (value, rows before, rows after), most frequent first.
    duplicates
        Shares of rows that repeat another row of the same side, before and after; NaN when unknown.
    outcomes
        `prediction` and `label` -> profile, nulls included.
    label_vocabulary
        (label, rows before, rows after) of a multiclass model, most frequent first.
    between
        Sampled rows from the end of the baseline to the start of the window (all of them `after`), where a new version
        came in by then: they tell whether what changed came with it. None otherwise.
    """

    node: Node
    columns: Mapping[str, ColumnProfile]
    outputs: Mapping[str, Series]
    rows: Rows | None
    versions: tuple[VersionSpan, ...]
    producers: Mapping[str, str]
    batches: tuple[SchemaObservation, ...]
    score_name: str
    vocabulary: Mapping[str, tuple[tuple[str, int, int], ...]] = field(default_factory=dict)
    duplicates: tuple[float, float] = (float("nan"), float("nan"))
    outcomes: Mapping[str, ColumnProfile] = field(default_factory=dict)
    label_vocabulary: tuple[tuple[str, int, int], ...] = ()
    between: Rows | None = None


@dataclass(frozen=True, slots=True)
class LogTimes:
    """Own times of one operation's spans in logarithms of milliseconds, over baseline and window.

    Traces that have such spans (those of one trace share their fate), means and variances over the spans; a mean is
    NaN without spans, a variance NaN with fewer than two.
    """

    n_before: int
    n_after: int
    mean_before: float
    mean_after: float
    var_before: float
    var_after: float


@dataclass(frozen=True, slots=True)
class CallShape:
    """One set of operations that spans of one operation called directly.

    Parameters
    ----------
    children
        (service, operation) of those called, ordered; empty when nothing was.
    n_before, n_after
        Spans of this shape over baseline and window.
    own_after, failed
        Of `n_after`, those with nothing below that failed or has a new shape; of `own_after`, those that failed.
    first
        First such span of the window, UTC; None without one.
    last_called
        (service, operation) that most of `own_after` called last; None when they called nothing.
    """

    children: tuple[tuple[str, str], ...]
    n_before: int
    n_after: int
    own_after: int
    first: datetime | None = None
    last_called: tuple[str, str] | None = None
    failed: int = 0


@dataclass(frozen=True, slots=True)
class OperationProfile:
    """One operation of one service, from spans.

    Parameters
    ----------
    ts
        (T,) bucket starts.
    n, errors
        (T,) spans and spans with status `error`.
    self_ms, self_p95_ms
        (T,) mean and 95th percentile of self time: own duration minus the union of the children's
        intervals, milliseconds; NaN where n is 0.
    total_ms
        (T,) mean duration, milliseconds.
    per_request_before, per_request_after
        Mean self time of this operation inside one request of the symptomatic node (or inside one
        trace when that node has no spans), milliseconds, over baseline and window: as far as the request waits for it.
    calls_before, calls_after
        Mean number of such spans inside one request, over baseline and window.
    self_sd_ms
        (T,) standard deviation of self time among the bucket's spans, milliseconds; NaN where n is 0.
    requests
        (T,) requests of the symptomatic node that began in the bucket; the same for all operations.
    caller
        The (service, operation) that most often encloses this one; None at the root.
    callee
        When the spans do nothing but wait for one other service (client spans): its (service,
        operation). The self time is then what lies between the two: network and queues.
    logs
        Own times in logarithms; None when not known.
    shapes
        What its spans called, the most frequent shapes first; empty when none ever called anything.
    """

    service: str
    operation: str
    ts: TimeArray
    n: FloatArray
    errors: FloatArray
    self_ms: FloatArray
    self_p95_ms: FloatArray
    total_ms: FloatArray
    per_request_before: float
    per_request_after: float
    calls_before: float = 0.0
    calls_after: float = 0.0
    self_sd_ms: FloatArray | None = None
    requests: FloatArray | None = None
    caller: tuple[str, str] | None = None
    callee: tuple[str, str] | None = None
    logs: LogTimes | None = None
    shapes: tuple[CallShape, ...] = ()


@dataclass(frozen=True, eq=False)
class Evidence:
    """All that the generators may look at for one incident.

    Parameters
    ----------
    graph
        Dependency graph, edges cause -> effect; node attributes `kind`, `owner`, `declared`; edge
        attributes `columns`, `origin` (`declared`, `trace`, `lineage`).
    upstream
        Nodes that can reach the symptomatic node, itself included.
    models
        Evidence of every model among `upstream` that has a prediction log.
    operations
        Span statistics; None when there are no traces.
    metrics
        Series from kpis of nodes among `upstream`.
    changes
        Change events on any node, ordered by time.
    """

    symptom: Symptom
    system: System
    graph: "nx.DiGraph[str]"
    upstream: frozenset[str]
    models: Mapping[str, ModelEvidence]
    operations: tuple[OperationProfile, ...] | None
    metrics: tuple[Series, ...]
    changes: tuple[Change, ...]
    cache: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what `make` returns, computed at most once per evidence and key."""
        if key not in self.cache:
            self.cache[key] = make()
        return cast("T", self.cache[key])
