"""Machines to train on: what their data sheets say, what they cost, and how long a step takes by that.

A card's pace is an estimate: the time that a step's products, the bytes that it moves and the starts of its kernels
take at the data sheet's peaks, divided by :data:`SHARE`.  It was compared with one measured step, on an H200
(docs/scale.md).  Of the machine at hand the notebook measures the pace itself (``trial.py``).
"""

import os
import re
from typing import Dict, NamedTuple, Optional, Tuple

from helpers.base.errors import TutorialError
from helpers.environment import gpu
from helpers.pretraining import flops
from helpers.pretraining.hyperparameters import Hyperparameters, resolve

CPU, AUTO = "cpu", "auto"
PRICED = "list prices in 2026, check yours"


class Machine(NamedTuple):
    """A machine: peaks of its data sheet (None where it has none), memory in bytes, dollars an hour from and to."""

    name: str
    memory: Optional[float]
    flops: Optional[float] = None  # a second, products of 16 bits with sums of 32
    bandwidth: Optional[float] = None  # bytes a second
    price: Optional[Tuple[float, float]] = None


# NVIDIA's data sheets (L4 and H100 without sparsity, H100 as SXM); prices of one card on demand, as they were found on
# several clouds' lists in 2026.
CARDS: Dict[str, Machine] = {
    machine.name: machine
    for machine in (
        Machine("T4", 16e9, 65e12, 320e9, (0.35, 0.55)),
        Machine("L4", 24e9, 121e12, 300e9, (0.7, 0.85)),
        Machine("V100", 16e9, 125e12, 900e9, (2.5, 3.1)),
        Machine("A100", 40e9, 312e12, 1555e9, (1.0, 3.7)),
        Machine("H100", 80e9, 989e12, 3350e9, (2.0, 5.0)),
    )
}
# What a step reads and writes for each operation, and its kernels: counted by `benchmarks/step_arithmetic.py` on the
# step in its form for a GPU, not compiled, in 32 bits, with the settings that are proposed.
BYTES_AN_OPERATION = {"tiny": 0.180, "small": 0.107, "base": 0.0401, "large": 0.0299}
KERNELS = {"tiny": 1905, "small": 6373, "base": 7027, "large": 13507}
KERNEL_SECONDS = 5e-6  # to start one, in order of magnitude
# ELECTRA's authors trained ELECTRA-Small, 1,000,000 steps of 128 examples of 128 tokens, for 4 days on a V100, in 32
# bits.
AUTHORS = dict(model_size="small", train_batch_size=128, max_seq_length=128, vocab_size=30522)
AUTHORS_STEP_SECONDS = 4 * 86400 / 1e6
V100_32_BITS = 15.7e12


def step_bound(hparams: Hyperparameters, peak: float, bandwidth: float) -> float:
    """Seconds of a step where products, memory and kernels' starts follow each other, each at its peak."""
    operations = flops.step_flops(hparams)
    moved = operations * BYTES_AN_OPERATION[hparams.model_size]
    return operations / peak + moved / bandwidth + KERNELS[hparams.model_size] * KERNEL_SECONDS


# What the authors' program got of that bound; assumed for every card.
SHARE = step_bound(resolve(AUTHORS), V100_32_BITS, CARDS["V100"].bandwidth) / AUTHORS_STEP_SECONDS
ESTIMATE = f"estimated: {SHARE:.0%} of its data sheet's peaks, as ELECTRA's authors got of a V100's"


def estimated_seconds(machine: Machine, hparams: Hyperparameters) -> float:
    """Seconds of a step on a card of :data:`CARDS`: the bound of its data sheet over :data:`SHARE`."""
    return step_bound(hparams, machine.flops, machine.bandwidth) / SHARE


def here() -> Machine:
    """The machine that this runs on: its first graphics card where programs may use one, else its processors."""
    cards, _ = gpu.usable()
    if not cards:
        return _processors()
    words = re.split(r"[\s_-]+", cards[0].name)
    known = next((card for name, card in CARDS.items() if name in words), None)
    memory = cards[0].memory or (known.memory if known else None)
    return known._replace(memory=memory) if known else Machine(cards[0].name, memory)


def find(name: str) -> Tuple[Machine, bool]:
    """The machine of that name, and whether it is the one at hand.

    "auto" is the machine at hand, "cpu" its processors, whatever card it may have.  Raises TutorialError for any other
    name that is no card of :data:`CARDS`.
    """
    wanted, found = name.strip().lower(), here()
    if wanted == CPU:
        return _processors(), True
    if wanted in (AUTO, found.name.lower()):
        return found, True
    for card in CARDS.values():
        if card.name.lower() == wanted:
            return card, False
    raise TutorialError(f"MACHINE is {name!r}, which is not one of {AUTO}, {CPU}, {', '.join(CARDS)}")


def _processors() -> Machine:
    return Machine(CPU, float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")))
