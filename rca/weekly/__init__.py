"""The weekly systemic review: what a week of incidents says about the system, frozen."""
