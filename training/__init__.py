"""Fitting: labelled texts and cascades in, the files that `nlp` and `incidents` read out. Needs scikit-learn."""
