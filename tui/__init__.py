"""The screens and the command line: they draw and ask; the engine works."""
