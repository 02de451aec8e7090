"""Everything that the generators may look at, gathered from the warehouse into small frozen frames."""
