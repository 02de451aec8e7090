"""The contracts: what goes in, what comes out, and what the parts hand to each other.

Documents (system, incident, change, analysis) are frozen pydantic models with a published
JSON Schema; evidence frames are frozen dataclasses over numpy arrays. Nothing here imports
anything else of the project.
"""
