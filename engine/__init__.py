"""The engine does the work and knows no screen: specs come in, journals go out."""
