"""Training: the engine thread, what it is given, what it reports, how it is commanded."""
