"""The sentences that a model is shown with: the article's two where they fit, else a pair from the held-out text."""

import os
import re
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from helpers.base.errors import TutorialError
from helpers.discriminator import held_out, swaps
from helpers.discriminator.encoder import MASK

ORIGINAL, SWAPPED = "Los pájaros están cantando", "Los pájaros están hablando"
BLANK = f"Los pájaros están {MASK}."
UNKNOWN = "[UNK]"
PAIRS = 200  # from the held-out text, of which the first that fits is taken
# Frequent words of Spanish that its neighbours share but in part: in Spanish text a sixth of all words or more.
FREQUENT = frozenset("el los las y con del una está están muy pero lo no que qué".split())
SPANISH_SHARE = 0.1


class Chosen(NamedTuple):
    """What a notebook shows: ``texts``, one below the other, and ``blank``, a sentence with one [MASK].

    ``swapped`` is the text that has the swapped word, or the only one; ``spanish`` says whether the first two are the
    article's; ``why`` is the sentence that says so where they are not, or what is amiss with them.
    """

    texts: Tuple[str, ...]
    swapped: str
    blank: str
    spanish: bool
    why: Optional[str]


def choose(discriminator: Any, data_dir: str, own: str = "", seed: int = 1) -> Chosen:
    """Choose sentences for a ``discriminator`` that was trained on the corpus in ``data_dir``, and print why.

    Parameters
    ----------
    discriminator : Discriminator
        Its vocabulary has to know the sentences.
    data_dir : str
        The folder of the run; its held-out text tells the language, and pairs are made from it.
    own : str
        A sentence of the user's own: the last of ``texts``.
    seed : int
        Of the pairs.

    Returns
    -------
    Chosen
        The article's pair where the held-out text is Spanish (or there is none) and the vocabulary knows both
        sentences; else the first pair from the held-out text that the model knows and has room for; a held-out line
        alone where there is no pair, such as lines of one word; the article's pair, whatever the model may know of it,
        where there is nothing else.
    """
    if not isinstance(own, str):
        raise TutorialError(f"a sentence must be text, not {type(own).__name__}")
    lines = _held_out(data_dir)
    why = _against_the_articles(discriminator.encoder, lines)
    pair = Chosen((ORIGINAL, SWAPPED), SWAPPED, BLANK, True, None)
    if why is not None:
        pair = _from_held_out(discriminator.encoder, swaps.pairs(data_dir, PAIRS, seed), lines, why)
        print(pair.why)
    if _masks(discriminator.encoder, pair.blank) != 1:  # there was no room for it
        pair = pair._replace(blank=MASK)
    own = " ".join(own.split())
    if own and own not in pair.texts:
        pair = pair._replace(texts=(*pair.texts, own))
        unknown = unknown_words(discriminator.encoder, own)
        if unknown:
            print(f"Of the sentence “{own}” the vocabulary does not know {', '.join(unknown)} ({UNKNOWN}).")
    return pair


def unknown_words(encoder: Any, sentence: str) -> List[str]:
    """The words of a sentence that are [UNK], or hold one, to the ``encoder`` (an Encoder)."""
    encoded = encoder.encode(sentence)
    return [word.text for word in encoded.words if UNKNOWN in encoded.tokens[word.first : word.end]]


def is_spanish(lines: Sequence[str]) -> bool:
    """Whether text, given in lines, is Spanish, by the share of its most frequent words."""
    words = [word for line in lines for word in re.findall(r"[^\W\d_]+", line.lower())]
    return sum(word in FREQUENT for word in words) > SPANISH_SHARE * len(words)


def _held_out(data_dir: str) -> List[str]:
    path = os.path.join(os.path.expanduser(os.path.expandvars(data_dir)), "corpus", "valid.txt")
    return held_out.sample(path) if os.path.exists(path) else []


def _against_the_articles(encoder: Any, lines: Sequence[str]) -> Optional[str]:
    """Why the article's sentences do not suit, or None."""
    if lines and not is_spanish(lines):
        return "The text does not look Spanish"
    unknown = list(dict.fromkeys(unknown_words(encoder, ORIGINAL) + unknown_words(encoder, SWAPPED)))
    if unknown:
        return f"The vocabulary does not know {', '.join(unknown)} ({UNKNOWN})"
    if not (_fits(encoder, ORIGINAL) and _fits(encoder, SWAPPED)):
        return f"The article's sentences are longer than the model's {encoder.max_length} tokens"
    return None


def _from_held_out(encoder: Any, pairs: Sequence[Any], lines: Sequence[str], why: str) -> Chosen:
    fitting = [pair for pair in pairs if _fits(encoder, pair.original) and _fits(encoder, pair.swapped)]
    if fitting or pairs:
        pair = (fitting or pairs)[0]
        said = (
            f"{why}: in place of the article's sentences, here are two from the held-out text, one with a word swapped."
        )
        return Chosen((pair.original, pair.swapped), pair.swapped, swaps.blanked(pair), False, said)
    line = next((line for line in lines if _fits(encoder, line)), None)
    if line is None:
        return Chosen(
            (ORIGINAL, SWAPPED), SWAPPED, BLANK, True, f"{why}, and there is no held-out text to take others from."
        )
    said = f"{why}, and no held-out line is long enough to swap a word in it: here is one as it stands."
    return Chosen((line,), line, MASK, False, said)


def _masks(encoder: Any, sentence: str) -> int:
    """How many [MASK] of a sentence the model sees."""
    return encoder.encode(sentence).tokens.count(MASK)


def _fits(encoder: Any, sentence: str) -> bool:
    """Whether the model has room for all of a sentence, and its vocabulary knows each word."""
    encoded = encoder.encode(sentence)
    return bool(encoded.words) and not encoded.truncated and UNKNOWN not in encoded.tokens
