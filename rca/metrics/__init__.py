"""Every metric of a model, as SQL over its logged rows."""
