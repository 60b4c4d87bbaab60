"""The command line: one verb a module, each with ``add_arguments`` and ``run``."""
