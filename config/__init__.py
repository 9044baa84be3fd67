"""The configuration folder: reads the YAML, checks it, and hands each room its own typed part."""
