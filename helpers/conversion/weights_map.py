"""Which TensorFlow variable fills which PyTorch parameter.

The two naming schemes tell the same story; three things differ.  TensorFlow keeps the ``kernel`` of
a dense layer as [inputs, outputs] and PyTorch its ``weight`` as [outputs, inputs]; a layer norm's
``gamma`` and ``beta`` are called ``weight`` and ``bias``; and a checkpoint holds two encoders that
share their embeddings, where transformers has two models that each begin with ``electra``.
"""

from typing import Iterable, List, NamedTuple, Sequence

from helpers.base.errors import TutorialError
from helpers.pretraining.run_state import is_weight

COMPONENTS = ("discriminator", "generator")
ARCHITECTURES = {"discriminator": "ElectraForPreTraining", "generator": "ElectraForMaskedLM"}

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


class Unavailable(TutorialError):
    """The checkpoint does not hold this component, for a reason that the message gives."""


def scopes(names: Iterable[str], component: str, checkpoint: str = "the checkpoint") -> Scopes:
    """Find ``component`` among a checkpoint's variable ``names``.

    The generator usually has an encoder of its own, ``generator/``, on the shared embeddings.
    With ``untied_generator_embeddings`` it has ``generator/embeddings`` too; with
    ``untied_generator`` false, or with masked LM as the only objective, it is ``electra/`` itself.
    Raises :class:`Unavailable` when the component is not there.
    """

    def has(scope):
        return any(name.startswith(f"{scope}/") for name in names)

    if not has("electra/embeddings") and not has("generator/embeddings"):
        raise TutorialError(f"{checkpoint} holds no ELECTRA model: no variable begins with electra/embeddings")
    if component == "discriminator":
        if not has("discriminator_predictions"):
            raise Unavailable(
                f"{checkpoint} holds no discriminator (nothing begins with discriminator_predictions/): it was "
                "trained as a masked language model alone (electra_objective false); --component generator exports "
                "that"
            )
        return Scopes("electra", "electra/embeddings", "discriminator_predictions")
    if not has("generator_predictions"):
        raise Unavailable(
            f"{checkpoint} holds no generator (nothing begins with generator_predictions/): with uniform_generator "
            "the replacements are drawn without one; --component discriminator exports the rest"
        )
    return Scopes(
        "generator" if has("generator/encoder") else "electra",
        "generator/embeddings" if has("generator/embeddings") else "electra/embeddings",
        "generator_predictions",
    )


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


def check_complete(
    found: Sequence[Pair], names: Iterable[str], where: Scopes, checkpoint: str = "the checkpoint"
) -> None:
    """Refuse a checkpoint that lacks a variable of the component, or holds one that would be left over."""
    names = {name for name in names if is_weight(name)}
    for pair in found:
        if pair.tensorflow not in names:
            raise TutorialError(
                f"{checkpoint} lacks the variable {pair.tensorflow}, which fills the PyTorch parameter "
                f"{pair.pytorch}: it is not whole, or another model's"
            )
    used = {pair.tensorflow for pair in found}
    own = tuple(f"{scope}/" for scope in (where.encoder, where.head))
    left_over = sorted(name for name in names - used if name.startswith(own))
    if left_over:
        raise TutorialError(
            f"{checkpoint} holds {len(left_over)} variables that no PyTorch parameter takes, the first is "
            f"{left_over[0]}: the model has parts that this converter does not know"
        )


def unknown(names: Iterable[str]) -> List[str]:
    """The variables that belong to no component and no optimizer, for the user to see."""
    known = ("electra/", "generator/", "discriminator_predictions/", "generator_predictions/")
    return sorted(name for name in names if is_weight(name) and not name.startswith(known))
