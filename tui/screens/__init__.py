"""One screen, one job."""
