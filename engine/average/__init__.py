"""Several adapters of one base averaged into one."""
