"""Remembering: schema, the repositories behind the pipeline's `Store`, analysts' views, the search index."""
