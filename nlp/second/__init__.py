"""Second readers: posts whose first reading is in doubt are read again, where the bank has set one up."""
