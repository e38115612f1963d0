"""How long a training step takes, how long the start, and how much memory both need.

Ours, google-research/electra's and PyTorch's are whole commands, run for two lengths: what the longer run takes
more is its steps, what remains of the shorter one is the start, its steps left out.
"""

import json
import os
import shutil

from .data_build import row
from .processes import measure

# The article's settings.
BATCH, LENGTH = 32, 128
FIRST = 2  # steps of the short run
PEER_MODES = ("sdpa",)  # what transformers takes by itself; torch.compile wants a compiler, and minutes


def settings(steps, model_size="small", vocab_size=None, **further):
    """Hyperparameters that both implementations know; ``further`` ones are added."""
    known = dict(
        model_size=model_size, vocab_size=vocab_size, train_batch_size=BATCH, max_seq_length=LENGTH,
        num_train_steps=steps, save_checkpoints_steps=10**6, num_warmup_steps=10,
    )  # fmt: skip
    return dict(known, **further)


def ours(python, data_dir, steps, **changes):
    """One measurement of our training on the interpreter ``python``: see :func:`compare`."""

    def command(count):
        hparams = dict(settings(count, **changes), valid_tfrecords="")
        return [
            python, "-m", "helpers.pretraining", "--data-dir", data_dir, "--model-name", "bench",
            "--hparams", json.dumps(hparams),
        ]  # fmt: skip

    return _compare(command, data_dir, steps)


def reference(reference_python, checkout, data_dir, steps, **changes):
    """One measurement of google-research/electra's training."""

    def command(count):
        return [
            reference_python, "run_pretraining.py", "--data-dir", os.path.abspath(data_dir), "--model-name", "bench",
            "--hparams", json.dumps(dict(settings(count, **changes), iterations_per_loop=1)),
        ]  # fmt: skip

    return _compare(command, data_dir, steps, cwd=checkout)


def peer(python, data_dir, steps, **changes):
    """One measurement of the same step in PyTorch (:mod:`benchmarks.torch_peer`) on the interpreter ``python``."""

    def command(count):
        hparams = json.dumps(settings(count, **changes))
        return [
            python, "-m", "benchmarks.torch_peer", "--data-dir", data_dir, "--hparams", hparams, "--steps", str(count),
            "--modes", *PEER_MODES,
        ]  # fmt: skip

    return _compare(command, data_dir, steps)


def _compare(command, data_dir, steps, cwd=None):
    """Run for FIRST and for FIRST + ``steps`` steps.

    Returns ``step_seconds``; ``start_seconds``, from the command to before the first step, writing the
    checkpoint included; ``first_step_seconds``, to after it; and ``peak_mb`` of the longer run.
    """
    short, long = (_once(command(count), data_dir, cwd) for count in (FIRST, FIRST + steps))
    step = (long["seconds"] - short["seconds"]) / steps
    start = short["seconds"] - FIRST * step
    return dict(
        step_seconds=step, start_seconds=start, first_step_seconds=start + step, peak_mb=long["peak_mb"],
        step_cpu_seconds=(long["cpu_seconds"] - short["cpu_seconds"]) / steps,
    )  # fmt: skip


def _once(command, data_dir, cwd):
    shutil.rmtree(os.path.join(data_dir, "models", "bench"), ignore_errors=True)
    return row(measure(command, cwd=cwd))


def conversion(python, data_dir, vocab_file):
    """Seconds and memory to convert the checkpoint that the last :func:`ours` left, comparison included."""
    folder = os.path.join(data_dir, "models", "bench")
    for component in "discriminator", "generator":  # what is there and up to date would not be made again
        shutil.rmtree(os.path.join(folder, component), ignore_errors=True)
    command = [
        python, "-m", "helpers.conversion", "--model-dir", folder, "--vocab-file", vocab_file, "--output-dir", folder
    ]  # fmt: skip
    return row(measure(command))
