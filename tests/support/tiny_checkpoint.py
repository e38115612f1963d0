"""A model folder as training leaves it, with random weights: checkpoint, hparams.json, vocabulary beside."""

import json
import os

import numpy as np
import numpy_electra

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] . , ¿ ? ¡ ! Los los pájaros pájaro están cantando hablando vuelan el El la perro "
    "ladra Un un niño corre come pan con mi casa gata ##s ##ndo ##mente canta habla duerme Mañana año que no sí"
).split()

# Names of random_variables' arguments that are hyperparameters too.
SWITCHES = ("untied_generator", "untied_generator_embeddings", "electra_objective", "uniform_generator")
HEADS = 2  # of the discriminator: 128 // 64


def make(data_dir, name="m", step=7, hparams=True, vocabulary=WORDS, change=None, **arguments):
    """Write DATA_DIR/vocab.txt, tokenizer_config.json and models/NAME; returns the variables.

    ``arguments`` are for numpy_electra.random_variables; ``change`` may alter the dict of variables
    before it is saved.
    """
    arguments.setdefault("vocab_size", len(vocabulary))
    variables = numpy_electra.random_variables(**arguments)
    if change:
        change(variables)
    folder = os.path.join(str(data_dir), "models", name)
    save(folder, variables, step)
    with open(os.path.join(str(data_dir), "vocab.txt"), "w", encoding="utf-8", newline="\n") as file:
        file.write("".join(word + "\n" for word in vocabulary))
    with open(os.path.join(str(data_dir), "tokenizer_config.json"), "w") as file:
        json.dump(dict(do_lower_case=False, strip_accents=False), file)
    if hparams:
        hidden = arguments.get("hidden_size", 128)
        layers = arguments.get("layers", 2)
        settings = dict(
            {name: arguments[name] for name in SWITCHES if name in arguments},
            vocab_size=arguments["vocab_size"],
            embedding_size=arguments.get("embedding_size", 16),
            max_seq_length=24,
            do_lower_case=False,
            strip_accents=False,
            generator_hidden_size=arguments.get("generator_hidden_size", 64) / hidden,
            generator_layers=arguments.get("generator_layers", 1) / layers,
            model_hparam_overrides=dict(
                hidden_size=hidden,
                num_hidden_layers=layers,
                intermediate_size=arguments.get("feed_forward", 512),
                num_attention_heads=HEADS,
                max_position_embeddings=arguments.get("positions", 40),
            ),
            tensorflow="1.15.0",
        )
        with open(os.path.join(folder, "hparams.json"), "w") as file:
            json.dump(settings, file)
    return variables


def save(folder, variables, step):
    """Save ``variables``, with optimizer slots and global_step as training does, as ``model.ckpt-STEP``."""
    from helpers.pretraining.network.runtime import tf

    os.makedirs(folder, exist_ok=True)
    values = {"global_step": np.int64(step)}
    for name, value in variables.items():
        values.update({name: value, name + "/adam_m": np.zeros_like(value), name + "/adam_v": np.zeros_like(value)})
    prefix = os.path.join(folder, "model.ckpt-%d" % step)
    names = sorted(values)
    # One operation writes them all: making variables first would take longer than the tests themselves.
    with tf.Graph().as_default(), tf.Session() as sess:
        tensors = [tf.constant(values[name]) for name in names]
        sess.run(
            tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[""] * len(names), tensors=tensors)
        )
    tf.train.update_checkpoint_state(folder, os.path.basename(prefix))


def oracle(variables, heads=HEADS):
    """What TensorFlow computes, by NumPy: a stand-in for ``inference.electra_logits``."""

    def logits(model_dir, hparams, input_ids, input_mask, segment_ids, positions):
        mlm = disc = None
        if "discriminator_predictions/dense/bias" in variables:
            disc = numpy_electra.discriminator_logits(variables, input_ids, input_mask, segment_ids, heads)
        if "generator_predictions/dense/bias" in variables:
            own = any(name.startswith("generator/encoder/") for name in variables)
            mlm = numpy_electra.mlm_logits(
                variables, input_ids, input_mask, segment_ids, positions, 1 if own else heads
            )
        return mlm, disc

    return logits
