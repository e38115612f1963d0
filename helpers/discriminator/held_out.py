"""Held-out text: a fair sample of its sentences, and the threshold that is set on them."""

import random
from typing import Any, Callable, List, Optional, Tuple

from helpers.base.errors import TutorialError

SENTENCES = 2000
CHUNKS = 8  # the sentences are scored in so many parts, for progress to be seen
TRUE_WORDS_ABOVE = 0.01  # share of true words that the threshold calls replaced
SEED = 20200310


def sample(path: str, count: int = SENTENCES) -> List[str]:
    """``count`` lines that are not blank, drawn evenly from a text file of any size, in its order.

    Fewer when the file has fewer.  The same lines every time.
    """
    draw = random.Random(SEED)
    kept, seen = [], 0
    try:
        with open(path, encoding="utf-8", errors="replace", newline="\n") as file:
            for number, line in enumerate(file):
                line = line.strip()
                if not line:
                    continue
                seen += 1
                if len(kept) < count:
                    kept.append((number, line))
                else:
                    place = draw.randrange(seen)
                    if place < count:
                        kept[place] = (number, line)
    except OSError as error:
        raise TutorialError(f"the held-out text {path} cannot be read: {error}")
    return [line for _, line in sorted(kept)]


def threshold(
    discriminator: Any, path: str, advance: Callable[[], None] = lambda: None
) -> Tuple[Optional[float], str, int]:
    """The probability that 1% of the words in held-out text lie above; they are all true words.

    ``discriminator`` is a :class:`~helpers.discriminator.Discriminator`; ``advance()`` is called CHUNKS times.
    Returns ``(threshold, how it was set, number of words)``; the threshold is None when the text holds no words.
    """
    import numpy as np

    lines = sample(path)
    probabilities = []
    for chunk in range(CHUNKS):
        scores = discriminator.scores(lines[chunk::CHUNKS])
        probabilities += [score.of(word) for score in scores for word in score.encoded.words if word.lexical]
        advance()
    if not probabilities:
        return None, "the held-out text holds no words", 0
    share = f"{100 * TRUE_WORDS_ABOVE:g}% of {len(probabilities)} true words"
    how = f"{share} in {len(lines)} held-out sentences lie above it"
    return float(np.percentile(probabilities, 100 * (1 - TRUE_WORDS_ABOVE))), how, len(probabilities)
