"""Step 5, use: which words of a sentence are replacements?

The notebook calls :func:`load` on the folder that the conversion wrote, then ``verdict`` (the
article's print-out), ``word_probabilities`` (for a picture) and :func:`evaluate` (labelled pairs).
``load_generator`` gives the other half of ELECTRA, which fills ``[MASK]``.
"""

import textwrap
import warnings
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Tuple

from helpers.discriminator import loading
from helpers.discriminator.encoder import Encoded, Word
from helpers.discriminator.generator import load_generator  # noqa: F401  (the notebooks call it from here)

FALLBACK_THRESHOLD = 0.5
BATCH_SIZE = 128
LINE_WIDTH = 100  # characters of a printed verdict


class Score(NamedTuple):
    """A sentence read: its :class:`~helpers.discriminator.encoder.Encoded` form and a probability for each token."""

    encoded: Encoded
    probabilities: list

    def of(self, word: Word) -> float:
        """A word is as suspicious as its most suspicious piece."""
        return max(self.probabilities[word.first : word.end])


class Verdict(NamedTuple):
    """The article's print-out: ``print(verdict)`` shows each token with a 0 or 1 beneath."""

    tokens: List[str]
    probabilities: List[float]
    replaced: List[int]  # 1 for each token that is called a replacement
    words: List[str]  # the words that are called replacements
    threshold: float

    def __str__(self):
        columns = [
            (token, str(flag), f"{probability:.2f}")
            for token, flag, probability in zip(self.tokens, self.replaced, self.probabilities)
        ]
        lines, row = [], []
        for column in columns + [None]:
            width = sum(max(map(len, cells)) + 2 for cells in row + ([column] if column else []))
            if row and (column is None or width > LINE_WIDTH):
                lines += ["".join(cells[i].rjust(max(map(len, cells)) + 2) for cells in row) for i in range(3)] + [""]
                row = []
            row.append(column)
        called = ", ".join(self.words) if self.words else "nothing"
        last = f"called a replacement: {called} (probability above {self.threshold:.3f})"
        return "\n".join(lines + textwrap.wrap(last, LINE_WIDTH))

    __repr__ = __str__


class Discriminator:
    """A pre-trained discriminator that reads sentences.

    ``threshold`` is the probability above which a word is called a replacement: set by the
    conversion on held-out text so that 1% of true words lie above it, 0.5 where there was none
    (``threshold_source`` says which).  Make one with :func:`load`.
    """

    def __init__(self, model, encoder, threshold=None, threshold_source=None):
        self.model = model
        self.encoder = encoder
        self.threshold = FALLBACK_THRESHOLD if threshold is None else threshold
        self.threshold_source = threshold_source or "no held-out text was given to the conversion: falls back to 0.5"

    def token_probabilities(self, sentence: str) -> List[Tuple[str, float]]:
        """``[(token, probability of being a replacement)]``, [CLS] and [SEP] included."""
        score = self._one(sentence)
        return list(zip(score.encoded.tokens, score.probabilities))

    def word_probabilities(self, sentence: str) -> List[Tuple[str, float]]:
        """``[(word or punctuation mark, probability)]``, pieces merged: the highest of a word's pieces."""
        return _words(self._one(sentence))

    def probabilities_of(self, sentences: Sequence[str], batch_size: int = BATCH_SIZE) -> List[List[Tuple[str, float]]]:
        """``word_probabilities`` of many sentences at once, in their order."""
        scores = self.scores(sentences, batch_size)
        cut = sum(score.encoded.truncated for score in scores)
        if cut:
            message = f"{cut} sentences are longer than the model's {self.encoder.max_length} tokens and were cut"
            warnings.warn(message, stacklevel=2)
        return [_words(score) for score in scores]

    def verdict(self, sentence: str) -> Verdict:
        """The :class:`Verdict` on one sentence."""
        score = self._one(sentence)
        return Verdict(
            tokens=score.encoded.tokens,
            probabilities=score.probabilities,
            replaced=[int(probability > self.threshold) for probability in score.probabilities],
            words=[word for word, probability in _words(score) if probability > self.threshold],
            threshold=self.threshold,
        )

    def scores(self, sentences: Sequence[str], batch_size: int = BATCH_SIZE) -> List[Score]:
        """A :class:`Score` for each sentence; sentences of like length share a batch."""
        import numpy as np

        encoded = [self.encoder.encode(sentence) for sentence in sentences]
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        scores = [None] * len(encoded)
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            ids = [encoded[i].ids for i in chosen]
            logits, _ = loading.logits(self.model, ids, self.encoder.pad_token_id)
            # tanh form of the sigmoid: no overflow for large logits
            probabilities = 0.5 * (1.0 + np.tanh(0.5 * logits.astype(np.float64)))
            for i, row in zip(chosen, probabilities):
                scores[i] = Score(encoded[i], row[: len(encoded[i].ids)].tolist())
        return scores

    def _one(self, sentence):
        score = self.scores([sentence])[0]
        if score.encoded.truncated:
            warnings.warn(
                f"the sentence is longer than the model's {self.encoder.max_length} tokens; what follows "
                f"{(score.encoded.words[-1].text if score.encoded.words else '[CLS]')!r} was left out",
                stacklevel=3,
            )
        return score


def load(folder: str) -> Discriminator:
    """The :class:`Discriminator` in ``folder``, as written by the conversion.

    Raises TutorialError when there is none, or PyTorch or transformers are missing.
    """
    model = loading.load_model(folder, "ElectraForPreTraining")
    config = loading.read_config(folder)
    encoder = loading.load_encoder(folder)
    return Discriminator(model, encoder, config.get("replaced_threshold"), config.get("replaced_threshold_source"))


def evaluate(discriminator: Discriminator, pairs: Iterable[Any], errors: int = 10) -> Dict[str, Any]:
    """Evaluate on labelled ``pairs``: every original and every swapped sentence, so half have one swapped word.

    ``pairs`` have ``original``, ``swapped`` and ``position``, the index of the swapped word among
    the whitespace-separated ones, and may have ``parts``, see :class:`~helpers.discriminator.swaps.Swap`.
    Counted per word, punctuation left out.  Returns a dict: ``auc``;
    ``fpr``, ``tpr`` and ``thresholds`` of the ROC curve (arrays); ``threshold`` and, at it,
    ``precision``, ``recall`` and ``false_alarms`` (share of true words called replacements);
    ``hits``, the share of swapped sentences of two words or more whose swapped word has the highest probability;
    ``sentences`` and ``words`` (numbers); ``errors``, the worst of each kind as dicts
    ``{"kind", "sentence", "word", "probability"}``; ``nothing``, None.

    Where the pairs do not suffice, ``nothing`` says why, and so does a printed line; the arrays and ``errors`` are
    empty then, and what cannot be computed is None.
    """
    import numpy as np
    from sklearn.metrics import roc_auc_score, roc_curve

    pairs = list(pairs)
    sentences = [pair.original for pair in pairs] + [pair.swapped for pair in pairs]
    labels, probabilities, found, hits = [], [], [], []
    for sentence, pair, score in zip(sentences, [None] * len(pairs) + pairs, discriminator.scores(sentences)):
        words = [(word, score.of(word)) for word in score.encoded.words if word.lexical]
        for word, probability in words:
            labels.append(int(pair is not None and _is_swapped(word, pair)))
            probabilities.append(probability)
            found.append((sentence, word.text))
        if pair is not None and len(words) > 1:
            hits.append(_is_swapped(max(words, key=lambda item: item[1])[0], pair))
    if len(set(labels)) < 2:
        return _nothing(discriminator, pairs, labels)
    labels, probabilities = np.array(labels), np.array(probabilities)
    fpr, tpr, thresholds = roc_curve(labels, probabilities)
    called = probabilities > discriminator.threshold
    right = int((called & (labels == 1)).sum())
    return dict(
        auc=float(roc_auc_score(labels, probabilities)),
        fpr=fpr,
        tpr=tpr,
        thresholds=thresholds,
        threshold=discriminator.threshold,
        precision=right / max(1, int(called.sum())),
        recall=right / int(labels.sum()),
        false_alarms=float(called[labels == 0].mean()),
        hits=float(np.mean(hits)) if hits else None,
        sentences=len(sentences),
        words=len(labels),
        errors=_worst(labels, probabilities, called, found, errors),
        nothing=None,
    )


def _is_swapped(word, pair):
    parts = getattr(pair, "parts", None)
    return word.place == pair.position and (parts is None or word.part in parts)


def _nothing(discriminator, pairs, labels):
    """The evaluation where there is none."""
    if not pairs:
        why = "the held-out text has no sentences of four words or more"
    elif not labels:
        why = "the sentences hold no words"
    else:
        why = f"they hold no swapped word beside true ones within the model's {discriminator.encoder.max_length} tokens"
        why = f"of {len(pairs)} pairs of sentences, {why}"
    print(f"Nothing to evaluate on: {why}.")
    numbers = "auc precision recall false_alarms hits".split()
    return dict(
        dict.fromkeys(numbers),
        fpr=[],
        tpr=[],
        thresholds=[],
        threshold=discriminator.threshold,
        sentences=2 * len(pairs),
        words=len(labels),
        errors=[],
        nothing=f"nothing to evaluate on: {why}",
    )


def _words(score):
    return [(word.text, score.of(word)) for word in score.encoded.words]


def _worst(labels, probabilities, called, found, count):
    """The swapped words that look most innocent, and the true words that look most guilty."""
    order = probabilities.argsort(kind="mergesort")
    missed = [i for i in order if labels[i] and not called[i]][:count]
    alarms = [i for i in order[::-1] if called[i] and not labels[i]][:count]
    return [
        dict(kind=kind, sentence=found[i][0], word=found[i][1], probability=float(probabilities[i]))
        for kind, chosen in (("missed", missed), ("false alarm", alarms))
        for i in chosen
    ]
