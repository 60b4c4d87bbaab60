"""The model hubs: which can be reached, what is cached from them, and fetching from them."""
