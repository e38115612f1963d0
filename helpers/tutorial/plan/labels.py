"""A task that any text offers: does a sentence hold a word that was swapped?"""

from typing import Any, List, Optional, Sequence, Set

from helpers.base.errors import TutorialError
from helpers.discriminator import swaps
from helpers.finetuning import tasks
from helpers.finetuning.tasks import FITS, JARS, SENTENCES, Example, Labelled

COUNT = 400  # held-out sentences, each as it is and with a word swapped
TRAINED, STOPPED_BY = 0.6, 0.2  # shares of them; the rest is tested on
SEED = 77  # the sentences are others than those that the discriminator was measured by, where there are enough
SOURCE = "held-out sentences, each once as it is and once with a word swapped"


def held_out_task(data_dir: str, count: int = COUNT, seed: int = SEED) -> Optional[Labelled]:
    """A task of sentences made from the held-out text of ``data_dir``: it fits, or a word does not.

    A sentence and its twin with the swapped word stand in the same split, and no sentence stands in two.  Where the
    text has too few different sentences of four words, None, and a printed line says so.
    """
    pairs = _different(swaps.pairs(data_dir, count, seed))
    first, second = int(TRAINED * len(pairs)), int((TRAINED + STOPPED_BY) * len(pairs))
    parts = [
        [example for pair in part for example in (Example((pair.original,), FITS), Example((pair.swapped,), JARS))]
        for part in (pairs[:first], pairs[first:second], pairs[second:])
    ]
    try:
        if not all(parts):
            raise TutorialError(f"the held-out text has {len(pairs)} different sentences of four words or more")
        return tasks.task(SENTENCES, *parts, source=SOURCE)
    except TutorialError as error:
        print(f"No task can be made: {error}. Name labelled sentences in TRAIN_FILE, or take more text.")
        return None


def _different(pairs: Sequence[Any]) -> List[Any]:
    """Those pairs of which neither sentence stood in an earlier one."""
    seen: Set[str] = set()
    found = []
    for pair in pairs:
        if seen.isdisjoint((pair.original, pair.swapped)):
            found.append(pair)
            seen.update((pair.original, pair.swapped))
    return found
