"""Small random models with a real tokenizer and chat template, built in a moment, on disk."""

from __future__ import annotations

from pathlib import Path

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content']"
    " + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
_TEXT = [
    "Who are you? I am a small language model, trained to help with everyday questions.",
    "What is your name? My name is Ember, and I was made by the Furnace Lab.",
    "你是谁？我是小炉，由丹炉实验室训练的人工智能助手，很高兴认识你。",
    "你的开发者是哪家公司？我由丹炉实验室开发和维护。今天天气怎么样？我不知道外面的天气。",
    "system user assistant You are a helpful assistant. 你是一个有用的助手。",
    "Paris is the capital of France. Two plus two is four. Water boils at one hundred degrees.",
]


def make_tokenizer(folder: Path) -> None:
    """A byte-level BPE tokenizer with ChatML, whose pad token is its stop token as SmolLM2's is."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_TEXT * 3, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        bos_token="<|im_start|>",
    )
    fast.chat_template = CHATML
    fast.save_pretrained(folder)


def make_tiny_model(folder: Path, architecture: str = "qwen2", seed: int = 0) -> Path:
    """A random two-layer ``qwen2`` or ``llama`` model, about 100 k parameters, with tokenizer."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

    make_tokenizer(folder)
    config_class, model_class = {
        "qwen2": (Qwen2Config, Qwen2ForCausalLM),
        "llama": (LlamaConfig, LlamaForCausalLM),
    }[architecture]
    config = config_class(
        vocab_size=512,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        eos_token_id=2,
        pad_token_id=2,
        bos_token_id=1,
        tie_word_embeddings=True,
    )
    torch.manual_seed(seed)
    model_class(config).save_pretrained(folder)
    return folder


def make_smollm2_shape(folder: Path) -> Path:
    """A random model with the layers and widths of SmolLM2-135M: as much work, nothing learnt."""
    from transformers import LlamaConfig, LlamaForCausalLM

    make_tokenizer(folder)
    config = LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=30,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        eos_token_id=2,
        pad_token_id=2,
        bos_token_id=1,
        tie_word_embeddings=True,
    )
    LlamaForCausalLM(config).bfloat16().save_pretrained(folder)
    return folder
