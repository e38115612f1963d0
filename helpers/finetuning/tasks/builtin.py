"""Tasks from the built-in generator of sentences, for which no file is needed."""

from helpers.base.errors import TutorialError
from helpers.finetuning.tasks.example import KINDS, SCORES, SENTENCES, TOKENS, Example, Labelled
from helpers.finetuning.tasks.splits import task

COUNTS = dict(train=2000, valid=300, test=600)  # sentences of each split
BUILT_IN = (TOKENS, SENTENCES)  # the kinds that there is a built-in task of
FITS, JARS = "fits", "does not fit"


def builtin(kind: str, seed: int = 0, **counts: int) -> Labelled:
    """A task from the built-in generator: parts of speech (``tokens``), or whether a sentence fits (``sentences``).

    ``counts`` (``train``, ``valid``, ``test``) change the number of sentences in each split.  No sentence is in
    two of them.  ``seed`` makes another set.
    """
    from helpers.data import sample_corpus

    counts = dict(COUNTS, **counts)
    wanted = sum(counts.values())
    if kind == TOKENS:
        # Set phrases come again and again: enough is drawn for as many different sentences as are wanted.
        drawn = sample_corpus.tagged_sentences(2 * wanted + 100, seed)
        examples = list(dict.fromkeys(Example(tuple(words), tuple(tags)) for words, tags in drawn))[:wanted]
        source = "built-in sentences with their parts of speech"
    elif kind == SENTENCES:
        pairs = sample_corpus.labelled_pairs(wanted, seed)
        examples = dict.fromkeys(
            example for p in pairs for example in (Example((p.original,), FITS), Example((p.swapped,), JARS))
        )
        examples = list(examples)[:wanted]
        source = "built-in sentences, half of them with a word that does not fit"
    elif kind == SCORES:
        raise TutorialError("there are no built-in scores: name a file of them to learn from (--train, or TRAIN_FILE)")
    else:
        raise TutorialError(f"the kind of a task is one of {', '.join(KINDS)}, not {kind!r}")
    first, second = counts["train"], counts["train"] + counts["valid"]
    return task(kind, examples[:first], examples[first:second], examples[second:], source)
