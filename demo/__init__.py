"""The demonstration town: local servers that speak as the real sources do, and one sweep over them."""
