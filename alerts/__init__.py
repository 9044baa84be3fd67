"""Telling people: levels and policy (pure: what, and why), notices and rendering, and the channels that carry them."""
