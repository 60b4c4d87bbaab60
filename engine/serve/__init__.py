"""Serving tuned models to other programs through an OpenAI-compatible API."""
