"""How much memory a run takes, read from the very model that would be trained.

How near it comes: predicted / measured, torch 2.13, transformers 5.23, TRL 1.16, PEFT 0.21:

- On the CPU, beside TRL's own trainer with every live storage counted (SmolLM2-135M, 64–128 tokens,
  LoRA, DoRA, freeze, full; fp32, bf16; with and without checkpointing): 0.9997 to 1.0000. Rows of
  one length in a batch of several: 1.016, since rows are taken to be padded.
- CUDA, published peaks of ``max_memory_allocated`` (fms-acceleration, one 80 GB card, Llama-3-8B
  and Mistral-7B, 16k to 131k tokens a micro-batch, fused linear loss), no constant fitted: full
  1.000 (3 runs), LoRA 0.984 to 1.000 (3), QLoRA 0.948 to 0.975 (5).
- What must be free, its constants fitted to the same runs: against nvidia-smi full 0.95 to 1.01,
  LoRA 0.99 to 1.01, QLoRA 0.97 to 1.02; against the peak resident size of a CPU run 1.00 to 1.05,
  with checkpointing 1.0 to 1.3 (the same spec took 3.2 GiB once and 4.1 GiB twice).
- Logits held whole (label smoothing), packing, int8, cards before Ampere and optimizers other than
  AdamW: traced or counted by the same rules, measured nowhere.
"""
