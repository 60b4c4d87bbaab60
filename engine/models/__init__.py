"""Models: where they are, what they are, how they are loaded and made trainable."""
