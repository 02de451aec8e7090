"""The engine: from the files of an incident to its ranked causes."""
