"""What belongs together and how it spreads: reprints, grouping, spread. Pure: no I/O, no clock."""
