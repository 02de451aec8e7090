"""The profile: bin edges taken from the reference, and the one mergeable reduction over them."""

from rca.profile.update import update_profile

__all__ = ["update_profile"]
