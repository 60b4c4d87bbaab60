"""The field's benchmarks, asked through lm-evaluation-harness on the model as danlu loads it."""
