"""Talking to a model: generate, stream, load what to talk to, verify what was learned."""
