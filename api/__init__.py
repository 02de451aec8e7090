"""The service over the engine (HTTP, review, notifications). It is not here yet; see the changelog."""
