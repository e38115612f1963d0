"""Which TensorFlow variable fills which PyTorch parameter.

The two naming schemes tell the same story; three things differ.  TensorFlow keeps the ``kernel`` of
a dense layer as [inputs, outputs] and PyTorch its ``weight`` as [outputs, inputs]; a layer norm's
``gamma`` and ``beta`` are called ``weight`` and ``bias``; and a checkpoint holds two encoders that
share their embeddings, where transformers has two models that each begin with ``electra``.
"""

from typing import List, NamedTuple

COMPONENTS = ("discriminator", "generator")

# (name in TensorFlow, name in PyTorch, whether the matrix is transposed)
DENSE = (("kernel", "weight", True), ("bias", "bias", False))
NORM = (("gamma", "weight", False), ("beta", "bias", False))

LAYER = (
    ("attention/self/query", DENSE),
    ("attention/self/key", DENSE),
    ("attention/self/value", DENSE),
    ("attention/output/dense", DENSE),
    ("attention/output/LayerNorm", NORM),
    ("intermediate/dense", DENSE),
    ("output/dense", DENSE),
    ("output/LayerNorm", NORM),
)


class Pair(NamedTuple):
    """One PyTorch parameter and the TensorFlow variable that fills it."""

    tensorflow: str
    pytorch: str
    transposed: bool


class Scopes(NamedTuple):
    """The TensorFlow variable scopes of one component."""

    encoder: str
    embeddings: str
    head: str


def pairs(component: str, where: Scopes, num_hidden_layers: int, projected: bool) -> List[Pair]:
    """All parameters of ``component``, each exactly once, in the order of the forward pass.

    ``where`` are the component's :class:`Scopes`; ``projected`` says whether a dense layer leads
    from the embeddings' width to the encoder's (it is absent when the two are equal).
    """
    found = []

    def module(tensorflow, pytorch, kinds):
        for tensorflow_name, pytorch_name, transposed in kinds:
            found.append(Pair(f"{tensorflow}/{tensorflow_name}", f"{pytorch}.{pytorch_name}", transposed))

    for table in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
        found.append(Pair(f"{where.embeddings}/{table}", f"electra.embeddings.{table}.weight", False))
    module(f"{where.embeddings}/LayerNorm", "electra.embeddings.LayerNorm", NORM)
    if projected:
        module(f"{where.encoder}/embeddings_project", "electra.embeddings_project", DENSE)
    for layer in range(num_hidden_layers):
        for name, kinds in LAYER:
            module(
                f"{where.encoder}/encoder/layer_{layer}/{name}",
                f"electra.encoder.layer.{layer}.{name.replace('/', '.')}",
                kinds,
            )
    if component == "discriminator":
        module(f"{where.head}/dense", "discriminator_predictions.dense", DENSE)
        module(f"{where.head}/dense_1", "discriminator_predictions.dense_prediction", DENSE)
    else:
        module(f"{where.head}/dense", "generator_predictions.dense", DENSE)
        module(f"{where.head}/LayerNorm", "generator_predictions.LayerNorm", NORM)
        # The output layer is the table of token embeddings once more (tied), with a bias of its own.
        found.append(Pair(f"{where.embeddings}/word_embeddings", "generator_lm_head.weight", False))
        found.append(Pair(f"{where.head}/output_bias", "generator_lm_head.bias", False))
    return found
