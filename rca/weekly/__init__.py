"""The weekly systemic review: what a week of incidents says about the system, frozen; and what is done about it."""

from rca.weekly.actions import action, actions, add_action, edit_action, move_action
from rca.weekly.review import (
    current_review,
    due_week,
    freeze,
    kept_review,
    kept_weeks,
    last_week,
    weekly_review,
)

__all__ = [
    "action",
    "actions",
    "add_action",
    "current_review",
    "due_week",
    "edit_action",
    "freeze",
    "kept_review",
    "kept_weeks",
    "last_week",
    "move_action",
    "weekly_review",
]
