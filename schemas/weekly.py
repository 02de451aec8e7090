"""The weekly systemic review: a frozen account of one week's incidents, and the actions that came of them."""

from datetime import date
from typing import Literal

from pydantic import Field

from schemas.base import Answer, UtcTime
from schemas.feedback import NamedCause

ActionState = Literal["open", "done", "verified_effective", "dropped"]
ClusterKind = Literal["cause", "signature"]
Aspect = Literal["family", "component", "owner", "pipeline"]


class ActionItem(Answer):
    """Something that somebody is to do until a day, and whether it helped."""

    id: str
    title: str = Field(description="What exactly is to be done.")
    owner: str
    due: date
    state: ActionState = "open"
    made_at: UtcTime
    made_by: str
    done_at: UtcTime | None = None
    verified_at: UtcTime | None = None
    verified_by: str | None = None
    comment: str = Field(default="", description="The last remark: why it was dropped, how it was verified.")
    incident: str | None = Field(default=None, description="Which incident it came of.")
    cause: NamedCause | None = Field(default=None, description="Which cause it is to prevent.")
    overdue: bool = False
    recurred: int = Field(default=0, ge=0, description="How often the cause was confirmed again after it was done.")


class Share(Answer):
    """So many of so many."""

    count: int = Field(ge=0)
    of: int = Field(ge=0)

    @property
    def share(self) -> float | None:
        """Return it as a fraction; None of nothing."""
        return self.count / self.of if self.of else None


class Duration(Answer):
    """How long something took, in hours, over the incidents in which it came to pass that week."""

    n: int = Field(ge=0)
    median: float | None = None
    p90: float | None = None


class WeekFigures(Answer):
    """What one week was like."""

    week: str
    incidents: int = Field(ge=0, description="Detected in the week; merged ones count once.")
    closed: int = Field(ge=0, description="Closed in the week.")
    hours: float = Field(ge=0, description="Hours of those detected, from onset until closed or the week's end.")
    severities: dict[str, int] = Field(default_factory=dict, description="Incidents by severity; '' unknown.")
    undetermined: Share
    detect: Duration = Field(description="From onset to detection.")
    root_cause: Duration = Field(description="From detection until the settled cause was first named.")
    resolve: Duration = Field(description="From detection to closing.")


class RankerWeek(Answer):
    """How good the answers were of one week's incidents that are settled."""

    week: str
    n: int = Field(ge=0, description="Incidents with a settled cause.")
    ac1: float | None = Field(default=None, description="Share whose cause was listed first.")
    ac3: float | None = Field(default=None, description="Share whose cause was among the first three.")
    judged: int = Field(ge=0, description="Settled incidents with an answer, those without a fault as well.")
    ece: float | None = Field(
        default=None, description="Expected calibration error of the first cause's confidence, 10 bins."
    )


class ParetoBar(Answer):
    """One value of an aspect; `name` null: not settled, or not declared."""

    name: str | None
    incidents: int = Field(ge=0)
    hours: float = Field(ge=0)
    share: float = Field(ge=0, le=1)
    cumulative: float = Field(ge=0, le=1.0000001)


class Pareto(Answer):
    """Incidents by one aspect of their cause, the most frequent first."""

    aspect: Aspect
    bars: tuple[ParetoBar, ...]


class Cluster(Answer):
    """Incidents that belong together, and whether chance alone would bring them together.

    `p_value` is adjusted for all clusters that were tested (Holm); null: nothing to compare with.
    """

    kind: ClusterKind
    title: str
    cause: NamedCause | None = Field(default=None, description="The confirmed cause that they share.")
    incidents: tuple[str, ...] = Field(description="Within 90 days, the latest first.")
    new: int = Field(ge=0, description="How many of them are of the reviewed week.")
    systems: tuple[str, ...] = Field(description="Nodes whose symptom they were.")
    first_at: UtcTime
    last_at: UtcTime
    expected: float = Field(ge=0, description="How many were to be expected at its rate over all time.")
    p_value: float | None = Field(default=None, ge=0, le=1)
    systemic: bool = False
    why: str = Field(description="What the test says, in words.")


class ReviewerPair(Answer):
    """How far two reviewers agree, beyond chance, on causes that both judged."""

    first: str
    second: str
    items: int
    kappa: float | None


class Agreement(Answer):
    """Cohen's kappa over 90 days, pooled over all pairs of reviewers; null: nothing was judged twice."""

    kappa: float | None = None
    items: int = 0
    pairs: tuple[ReviewerPair, ...] = ()


class RateChart(Answer):
    """Incidents a week with the limits within which they vary by themselves."""

    weeks: tuple[str, ...]
    counts: tuple[int, ...]
    centre: float | None = Field(default=None, description="Mean of the weeks before the reviewed one.")
    lower: float | None = None
    upper: float | None = None
    poisson_upper: float | None = Field(default=None, description="Upper limit if incidents were independent.")
    signals: tuple[str, ...] = Field(default=(), description="Weeks that call for a look.")
    verdict: str = ""


class WeeklyReview(Answer):
    """All that the weekly review says. Frozen: what is learned later makes another revision."""

    schema_version: Literal[1] = 1
    week: str
    start: UtcTime
    end: UtcTime
    made_at: UtcTime
    made_by: str = ""
    revision: int = Field(default=0, ge=0, description="0: not kept, for the week is not over.")
    this: WeekFigures
    last: WeekFigures
    trend: tuple[WeekFigures, ...] = Field(description="26 weeks, the reviewed one last.")
    still_open: int = Field(ge=0, description="Incidents that were open when it was made.")
    pareto: tuple[Pareto, ...]
    recurred: Share = Field(description="Settled causes of the week that were confirmed in the 90 days before, too.")
    clusters: tuple[Cluster, ...]
    ranker: tuple[RankerWeek, ...] = Field(description="By week of detection, as the trend.")
    quality: RankerWeek = Field(description="The same over all weeks of the trend.")
    agreement: Agreement
    actions: tuple[ActionItem, ...]
    chart: RateChart
    incidents: tuple[str, ...] = Field(description="Those detected in the week, the latest first.")
    notes: tuple[str, ...] = ()
