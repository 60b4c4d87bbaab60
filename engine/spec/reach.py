"""Whether an adapter can move far enough to learn anything in the steps it is given."""

from __future__ import annotations

from engine.spec.run_spec import RunSpec

_LITTLE = 0.005  # of the learning rate times the steps; runs that learn have several times it


def learns_little(spec: RunSpec, steps: int) -> bool:
    """Whether the learning rate of an adapter is far too low for ``steps``.

    Adam moves a weight by about the learning rate a step at most (Kingma & Ba 2015, section 2.1),
    and the B of an adapter starts at zero (Hu et al. 2021): rate × steps bounds what it can become.
    LoRA+ gives B a rate of its own, ``loraplus_lr_ratio`` times the other (Hayou et al. 2024).
    Preferences need no such distance: they move what is said already.
    """
    if spec.method.stage == "dpo":
        return False
    rate, ratio = spec.train.learning_rate, spec.method.loraplus_lr_ratio or 1
    return spec.method.tuner == "lora" and bool(rate) and rate * ratio * steps < _LITTLE
