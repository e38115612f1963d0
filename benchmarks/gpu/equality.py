"""Losses and gradients of one batch, to be compared between devices: a process for each.

    python -m benchmarks.gpu.equality --out F.npz --hparams '{}'
    python -m benchmarks.gpu.equality --out F.npz --reference FOLDER --card

Without ``--given`` weights are drawn; with it they, the masks and the samples are those of another process's file, so
that both compute the same.  Dropout is on: its random numbers have to be the same as well.  ``--card`` takes the form
of the step for a GPU wherever it runs, ``--xla`` has it compiled.  ``--reference`` takes a folder with checkpoint,
batch.npz and expected.json instead, dropout off.
"""

import argparse
import json
import os

import numpy as np

from helpers.base import values
from helpers.environment import gpu
from helpers.pretraining import hyperparameters
from helpers.pretraining.network import electra, masking, randomness
from helpers.pretraining.network.runtime import session, tf

from .comparison import GRADIENT, MASKED, VARIABLE

SPECIAL = masking.SpecialTokens(2, 3, 4)
SCALE = 2.0**12  # of the loss in 16 bits, where small gradients would vanish


def batch(hparams):
    """A batch of random words, a quarter of its examples shorter than the others."""
    draw = np.random.RandomState(0)
    shape = hparams.train_batch_size, hparams.max_seq_length
    lengths = np.where(np.arange(shape[0]) % 4 == 1, shape[1] // 2 + 1, shape[1])
    real = (np.arange(shape[1]) < lengths[:, None]).astype(np.int32)
    ids = draw.randint(5, hparams.vocab_size, shape)
    ids[:, 0] = SPECIAL.cls
    ids[np.arange(shape[0]), lengths - 1] = SPECIAL.sep
    segments = (np.arange(shape[1]) >= shape[1] // 2).astype(np.int32) * real
    return masking.Features((ids * real).astype(np.int32), real, segments)


def compute(hparams, features, given=None, card=False, sixteen_bits=False, checkpoint=None, xla=False):
    """Arrays by name: losses, drawn masks and samples, every variable and its gradient.

    Parameters
    ----------
    hparams : Hyperparameters
    features : masking.Features of int32 arrays [batch, length]
    given : dict of arrays, optional
        Masks and samples to use (``masked/…``, ``sampled_ids``), and values of variables where it has them.
    card, sixteen_bits, xla : bool
    checkpoint : str, optional
        To take the variables from.
    """
    given = given or {}
    kind = tf.bfloat16 if sixteen_bits and takes_bfloat16() else None  # else TensorFlow's rewrite makes it float16
    scale = SCALE if sixteen_bits and kind is None else 1.0
    with tf.Graph().as_default():
        tf.set_random_seed(hparams.seed)
        placed = masking.Features(*(tf.placeholder(tf.int32, part.shape) for part in features))
        step = tf.constant(1, tf.int64)
        drawn = masking.mask_tokens(placed, hparams, SPECIAL, _streams(hparams, step))
        fixed = samples = None
        if "sampled_ids" in given:
            fixed = masking.Masked(*(tf.constant(given[MASKED + name]) for name in masking.Masked._fields))
            samples = tf.constant(given["sampled_ids"])
        with randomness.initial_values():
            model = electra.pretraining_model(
                placed, hparams, SPECIAL, _streams(hparams, step), True, fixed or drawn, samples, static_shapes=card,
                kind=kind,
            )  # fmt: skip
        variables = tf.trainable_variables()
        gradients = tf.gradients(model.loss * scale, variables)
        fetches = {"loss": model.loss, "mlm_loss": model.mlm.loss, "disc_loss": model.rtd.loss}
        fetches.update({MASKED + name: part for name, part in drawn._asdict().items()})
        fetches["sampled_ids"] = model.mlm.sampled_ids
        for variable, gradient in zip(variables, gradients):
            fetches[GRADIENT + variable.op.name] = tf.convert_to_tensor(gradient)
            fetches[VARIABLE + variable.op.name] = variable.read_value()
        with session(mixed_precision=scale > 1, xla=xla) as running:
            running.run(tf.global_variables_initializer())
            if checkpoint:
                tf.train.Saver(variables).restore(running, checkpoint)
            for variable in variables:
                if VARIABLE + variable.op.name in given:
                    variable.load(given[VARIABLE + variable.op.name], running)
            found = running.run(fetches, dict(zip(placed, features)))
    return {name: value / scale if name.startswith(GRADIENT) else value for name, value in found.items()}


def takes_bfloat16():
    """Whether 16 bits are bfloat16 here, as in training; on a CPU too where TensorFlow has such products."""
    if tf.__version__.startswith("1."):
        return False
    return gpu.fast_in_bfloat16() or not tf.config.experimental.list_physical_devices("GPU")


def _streams(hparams, step):
    return randomness.RandomStreams(hparams.seed, step, hparams.train_batch_size)


def reference(folder):
    """Hyperparameters, batch, masks and samples, and the checkpoint of a ``--reference`` folder."""
    with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
        settings = json.load(file)["hparams"]
    off = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    settings["model_hparam_overrides"] = dict(settings.get("model_hparam_overrides", {}), **off)
    arrays = np.load(os.path.join(folder, "batch.npz"), allow_pickle=False)
    features = masking.Features(*(arrays[name] for name in masking.Features._fields))
    given = {MASKED + name: arrays[name] for name in masking.Masked._fields if name != "input_ids"}
    given.update({MASKED + "input_ids": arrays["masked_input_ids"], "sampled_ids": arrays["sampled_ids"]})
    return hyperparameters.resolve(settings), features, given, tf.train.latest_checkpoint(folder)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.equality", description=__doc__)
    parser.add_argument("--out", type=values.given, required=True, help="file of arrays to write (.npz)")
    parser.add_argument("--hparams", type=values.given, default="{}", help="JSON: the model's hyperparameters")
    parser.add_argument(
        "--given", type=values.given, metavar="FILE", help="weights, masks and samples: what --out wrote"
    )
    parser.add_argument("--card", action="store_true", help="compute on the GPU, in the form of the step that suits it")
    parser.add_argument("--xla", action="store_true", help="have it compiled, which can take minutes")
    parser.add_argument("--sixteen-bits", action="store_true", help="in 16 bits, as mixed_precision does")
    parser.add_argument(
        "--reference", type=values.given, metavar="FOLDER", help="checkpoint and batch of the reference instead"
    )
    arguments = parser.parse_args()
    if arguments.reference:
        hparams, features, given, checkpoint = reference(arguments.reference)
    else:
        hparams, checkpoint = hyperparameters.resolve(hyperparameters.parse(arguments.hparams)), None
        features, given = (
            batch(hparams),
            dict(np.load(arguments.given, allow_pickle=False)) if arguments.given else None,
        )
    chosen = dict(card=arguments.card, sixteen_bits=arguments.sixteen_bits, xla=arguments.xla)
    np.savez(arguments.out, **compute(hparams, features, given, checkpoint=checkpoint, **chosen))
    print(json.dumps(dict(gpu=bool(tf.config.experimental.list_physical_devices("GPU")))))


if __name__ == "__main__":
    main()
