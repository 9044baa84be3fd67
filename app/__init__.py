"""The doors: the one place that joins the parts, and the command line."""
