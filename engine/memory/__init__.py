"""How much memory a run takes, read from the very model that would be trained."""
