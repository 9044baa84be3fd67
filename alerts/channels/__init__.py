"""Ways by which a letter leaves the house. Today: SMTP."""
