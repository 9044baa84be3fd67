"""Fitted trees as plain arrays: reading them needs numpy alone. ``training/trees.py`` packs what was fitted."""
