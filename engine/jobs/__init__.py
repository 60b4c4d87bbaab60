"""Long work outside training that outlives its terminal: each a folder with a journal."""
