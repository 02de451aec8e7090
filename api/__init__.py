"""The service over the engine: HTTP, live ingest, review pages, notifications."""
