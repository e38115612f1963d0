"""Which parts of ELECTRA a TensorFlow checkpoint holds, and whether PyTorch's models take all of them."""

from typing import Iterable, List, Sequence

from helpers.base.errors import TutorialError
from helpers.pretraining.network.initial_weights.names import COMPONENTS, Pair, Scopes, pairs
from helpers.pretraining.run_state import is_weight

__all__ = [
    "ARCHITECTURES", "COMPONENTS", "Pair", "Scopes", "Unavailable", "check_complete", "pairs", "scopes", "unknown",
]  # fmt: skip

ARCHITECTURES = {"discriminator": "ElectraForPreTraining", "generator": "ElectraForMaskedLM"}


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
