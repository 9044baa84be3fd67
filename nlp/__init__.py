"""What a text says: normal form, names, words, rules, model, readings. Imports nothing of its siblings."""
