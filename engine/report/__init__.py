"""One page about a run, to hand on: facts, curves, Markdown."""
