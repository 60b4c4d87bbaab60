"""Runs on disk: where they are, what happened in them, who owns them, what is asked of them."""
