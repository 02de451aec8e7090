"""Composable faults that act on real traffic before the real models score it."""

from rca.demo.faults.components import Resource, Saturation
from rca.demo.faults.configuration import ScorerSetting
from rca.demo.faults.drift import FeatureDrift, LoneShift
from rca.demo.faults.events import Announcement, KpiFall
from rca.demo.faults.latency import SlowOperation
from rca.demo.faults.mixed_up import MixedUp
from rca.demo.faults.outliers import OutlierBurst
from rca.demo.faults.schema import Drop, Recode, Rename, Retype
from rca.demo.faults.values import Corruption
from rca.demo.faults.versions import BadRetrain, NewVersion, UpstreamOutput

__all__ = [
    "Announcement",
    "BadRetrain",
    "Corruption",
    "Drop",
    "FeatureDrift",
    "KpiFall",
    "LoneShift",
    "MixedUp",
    "NewVersion",
    "OutlierBurst",
    "Recode",
    "Rename",
    "Resource",
    "Retype",
    "Saturation",
    "ScorerSetting",
    "SlowOperation",
    "UpstreamOutput",
]
