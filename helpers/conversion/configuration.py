"""config.json: the model's shape in transformers' words, from hparams.json and the checkpoint.

All sizes stand in the shapes of the variables, except the number of attention heads: without
hparams.json it is read off the optimizer's moments (``heads.py``), and where these are gone it
follows the convention of BERT and ELECTRA, a head for every 64 units of width.
"""

import re
from typing import Any, Dict, Mapping, Optional, Sequence

from helpers.base.errors import TutorialError
from helpers.conversion.weights_map import ARCHITECTURES, Scopes
from helpers.pretraining.hyperparameters import Hyperparameters, resolve
from helpers.pretraining.shapes import discriminator_config, embedding_size, generator_config

LAYER_NORM_EPS = 1e-12
# What no shape tells.
FROM_HPARAMS = ("num_attention_heads", "hidden_act", "hidden_dropout_prob", "attention_probs_dropout_prob",
                "initializer_range")  # fmt: skip
NOT_HYPERPARAMETERS = ("tensorflow",)  # what hparams.json says beside the hyperparameters: who ran


def read_hparams(settings: Mapping[str, Any]) -> Hyperparameters:
    """Checked :class:`~helpers.pretraining.hyperparameters.Hyperparameters` of what hparams.json holds."""
    return resolve({name: value for name, value in settings.items() if name not in NOT_HYPERPARAMETERS})


def sizes_of(shapes: Mapping[str, Sequence[int]], where: Scopes, checkpoint: str = "the checkpoint") -> Dict[str, int]:
    """What the shapes of the variables say: a dict by the names of config.json.

    ``shapes`` maps a variable's name to its shape, ``where`` are the component's scopes.
    Raises TutorialError when a variable that shows a size is missing.
    """

    def shape(name):
        if name not in shapes:
            raise TutorialError(f"{checkpoint} lacks the variable {name}: it is not whole, or it is another model's")
        return shapes[name]

    numbers = set()
    for name in shapes:
        match = re.match(re.escape(where.encoder) + r"/encoder/layer_(\d+)/", name)
        if match:
            numbers.add(int(match.group(1)))
    layers = len(numbers)
    if numbers != set(range(layers)) or not layers:
        raise TutorialError(
            f"{checkpoint} holds the layers {sorted(numbers)} of {where.encoder}/encoder, not all from 0 on: it is "
            "not whole"
        )
    vocab_size, embedding_width = shape(f"{where.embeddings}/word_embeddings")
    return dict(
        vocab_size=vocab_size,
        embedding_size=embedding_width,
        hidden_size=shape(f"{where.encoder}/encoder/layer_0/attention/output/dense/bias")[0],
        num_hidden_layers=layers,
        intermediate_size=shape(f"{where.encoder}/encoder/layer_0/intermediate/dense/bias")[0],
        max_position_embeddings=shape(f"{where.embeddings}/position_embeddings")[0],
        type_vocab_size=shape(f"{where.embeddings}/token_type_embeddings")[0],
    )


def config(
    component: str,
    shapes: Mapping[str, Sequence[int]],
    where: Scopes,
    hparams: Hyperparameters,
    pad_token_id: int = 0,
    checkpoint: str = "the checkpoint",
) -> Dict[str, Any]:
    """The dict for ``component``'s config.json.

    ``hparams`` are checked Hyperparameters.  Raises TutorialError when they and the shapes of the
    variables disagree, naming both numbers.
    """
    sizes = sizes_of(shapes, where, checkpoint)
    encoder = generator_config(hparams) if where.encoder == "generator" else discriminator_config(hparams)
    expected = dict(encoder._asdict(), embedding_size=embedding_size(hparams))
    if where.embeddings == "generator/embeddings":
        # Embeddings of the generator's own are as wide as its encoder.
        expected["embedding_size"] = encoder.hidden_size
    for name, found in sizes.items():
        if expected[name] != found:
            raise TutorialError(
                f"the hyperparameters give the {component} {name} {expected[name]}, but {checkpoint} was trained "
                f"with {found}: they are not of the same run"
            )
    return dict(
        {name: expected[name] for name in FROM_HPARAMS},
        architectures=[ARCHITECTURES[component]],
        model_type="electra",
        layer_norm_eps=LAYER_NORM_EPS,
        pad_token_id=pad_token_id,
        **sizes,
    )


def hparams_of(
    shapes: Mapping[str, Sequence[int]],
    scopes: Mapping[str, Scopes],
    heads: Optional[int] = None,
    checkpoint: str = "the checkpoint",
) -> Hyperparameters:
    """Hyperparameters for a checkpoint without hparams.json.

    ``scopes`` maps the components that are there to theirs; ``heads`` is the number of the ``electra``
    encoder's attention heads where it is known (see ``heads.py``).
    """
    generator = scopes.get("generator")
    sizes = sizes_of(shapes, scopes.get("discriminator") or generator, checkpoint)
    settings = dict(
        vocab_size=sizes.pop("vocab_size"),
        embedding_size=sizes.pop("embedding_size"),
        max_seq_length=min(128, sizes["max_position_embeddings"]),
        electra_objective="discriminator" in scopes,
        uniform_generator=generator is None,
        model_hparam_overrides=dict(sizes),
    )
    if heads is not None:
        settings["model_hparam_overrides"]["num_attention_heads"] = heads
    if generator is not None:
        settings["untied_generator"] = generator.encoder == "generator"
        settings["untied_generator_embeddings"] = generator.embeddings == "generator/embeddings"
        if settings["untied_generator"]:
            own = sizes_of(shapes, generator, checkpoint)
            settings["generator_hidden_size"] = own["hidden_size"] / sizes["hidden_size"]
            settings["generator_layers"] = own["num_hidden_layers"] / sizes["num_hidden_layers"]
    return resolve(settings)
