"""What reviewers said of the answers: the log of it, what of it is settled, and what it is worth."""

from rca.review.analyses import all_proposed, keep_analysis, kept_analysis, kept_proposed

__all__ = ["all_proposed", "keep_analysis", "kept_analysis", "kept_proposed"]
