"""The order of calls. Each stage takes what the last one stored and can be run again at any time."""
