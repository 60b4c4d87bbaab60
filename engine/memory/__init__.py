"""How much memory a run takes, read from the very model that would be trained.

How near it comes: predicted / measured, torch 2.13, transformers 5.23, TRL 1.16, PEFT 0.21:

- On the CPU, beside TRL's own trainer with every live storage counted (SmolLM2-135M, 64–128 tokens,
  LoRA, DoRA, freeze, full; fp32, bf16; with and without checkpointing): 0.9997 to 1.0000. Rows of
  one length in a batch of several: 1.016, since rows are taken to be padded.
- CUDA, published peaks of ``max_memory_allocated`` (fms-acceleration, one A100, Llama-3-8B and
  Mistral-7B, 16k–131k tokens a micro-batch, fused linear loss), no constant fitted:
  full 1.000 (3 runs), LoRA 0.984–1.000 (3), QLoRA 0.948–0.975 (5: those runs held fp32 adapters).
- What the card must have, against nvidia-smi of the same runs (context and fragments fitted to
  them): full and LoRA 0.95–1.01. Against the process's peak resident size on the CPU 0.9–1.1.
"""
