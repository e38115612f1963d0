"""The generator: a small masked language model that proposes words for ``[MASK]``."""

import warnings
from typing import List, Tuple

from helpers.base.errors import TutorialError
from helpers.discriminator import loading
from helpers.discriminator.encoder import MASK


class Generator:
    """A pre-trained generator.  Make one with :func:`load_generator`."""

    def __init__(self, model, encoder):
        self.model = model
        self.encoder = encoder

    def fill_mask(self, sentence: str, top: int = 5) -> List[Tuple[str, float]]:
        """``[(token, probability)]``, the ``top`` best for the one ``[MASK]`` in ``sentence``."""
        found = self.proposals(sentence, top)
        if len(found) != 1:
            raise TutorialError(f"fill_mask wants exactly one [MASK]; {sentence!r} has {len(found)}")
        return found[0]

    def proposals(self, sentence: str, top: int = 5) -> List[List[Tuple[str, float]]]:
        """For each ``[MASK]`` in ``sentence``, in order: ``[(token, probability)]``, the ``top`` best."""
        import numpy as np

        encoded = self.encoder.encode(sentence)
        masks = [word.first for word in encoded.words if word.text == MASK]
        if encoded.truncated:
            message = f"the sentence is longer than the model's {self.encoder.max_length} tokens and was cut"
            warnings.warn(message, stacklevel=2)
        if not masks:
            raise TutorialError(f"there is no [MASK] to fill in {sentence!r}")
        logits, _ = loading.logits(self.model, [encoded.ids], self.encoder.pad_token_id)
        found = []
        known = self.encoder.tokenizer.vocab_size  # the table may have more rows than there are words
        for row in logits[0, masks, :known].astype(np.float64):
            weights = np.exp(row - row.max())
            weights /= weights.sum()
            best = np.argsort(-weights, kind="mergesort")[:top].tolist()
            names = self.encoder.tokenizer.convert_ids_to_tokens(best)
            found.append([(name, float(weights[i])) for name, i in zip(names, best)])
        return found


def load_generator(folder: str) -> Generator:
    """The :class:`Generator` in ``folder``, as written by the conversion.

    Raises TutorialError when there is none, or PyTorch or transformers are missing.
    """
    model = loading.load_model(folder, "ElectraForMaskedLM")
    loading.match_layer_norm(model)
    return Generator(model, loading.load_encoder(folder))
