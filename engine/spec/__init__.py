"""What is asked of a run: the declarations, the typed spec, its checks and its YAML form."""
