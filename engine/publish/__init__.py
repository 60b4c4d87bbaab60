"""Publishing a model on ModelScope or Hugging Face, and logging in to them."""
