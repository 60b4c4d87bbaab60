"""How good are the answers? Likeness, matches, labels, loss; row by row and all together."""
