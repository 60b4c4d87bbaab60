"""Taking what was tuned elsewhere: merged, quantised, converted, and proved to answer the same."""
