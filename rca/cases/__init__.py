"""The case library: what incidents turned out to be, and what to do about each family of causes."""
