"""Labelled sentences for fine-tuning: read from the usual files, or made up by the built-in generator.

A task is one of two kinds: ``tokens`` (a label for each word: parts of speech, named entities) or ``sentences``
(a label for a sentence or for a pair of them).  Files may be compressed (``.gz``); :func:`load` puts the splits
together.
"""

import gzip
import itertools
import os
import random
import zlib
from typing import List, NamedTuple, Tuple, Union

from helpers.base.errors import TutorialError

TOKENS, SENTENCES = "tokens", "sentences"
KINDS = (TOKENS, SENTENCES)
HELD_OUT = 0.2  # of the training examples, where no file for validation is given
MIN_EXAMPLES = 3  # one to train on, one to stop by, one to be judged by
NO_SENTENCE = "-DOCSTART-"  # begins a document in CoNLL-2003's files; not a word
BUILTIN = dict(train=2000, valid=300, test=600)  # sentences of the built-in sets
FITS, JARS = "fits", "does not fit"


class Example(NamedTuple):
    """``inputs``: the words of a sentence, or one or two texts; ``labels``: one for each word, or a single one."""

    inputs: Tuple[str, ...]
    labels: Union[Tuple[str, ...], str]


class Labelled(NamedTuple):
    """A task: its kind, its labels in alphabetical order, three lists of :class:`Example`, and where they are from."""

    kind: str
    labels: List[str]
    train: List[Example]
    valid: List[Example]
    test: List[Example]
    source: str


def load(kind, train, valid=None, test=None, columns=None, encoding="utf-8", seed=0):
    """A task from files.

    ``train``, ``valid``, ``test`` are paths; ``columns`` and ``encoding`` as for :func:`read_tokens` and
    :func:`read_sentences`.  Without ``valid`` a fifth of the training examples is held out; without ``test``
    the examples held out are halved, one half to stop by and one to be judged by.  ``seed`` decides which.
    """
    read = {TOKENS: read_tokens, SENTENCES: read_sentences}.get(kind)
    if read is None:
        raise TutorialError(f"the kind of a task is one of {' and '.join(KINDS)}, not {kind!r}")
    splits = [read(path, columns=columns, encoding=encoding) if path else None for path in (train, valid, test)]
    return task(kind, *splits, source=os.path.basename(os.fspath(train)), seed=seed)


def task(kind, train, valid=None, test=None, source="", seed=0):
    """A task from lists of :class:`Example`; what is missing is held out as :func:`load` says."""
    train = list(train)
    if valid is None:
        random.Random(f"held out:{seed}").shuffle(train)
        count = max(2 if test is None else 1, int(HELD_OUT * len(train)))
        if len(train) <= count:
            raise TutorialError(
                f"{source or 'the training set'} has {len(train)} labelled sentence{'s' * (len(train) != 1)}, too few to hold some out: give {MIN_EXAMPLES} or more, or a file for validation"
            )
        train, valid = train[count:], train[:count]
    if test is None:
        valid = list(valid)
        if len(valid) < 2:
            raise TutorialError(
                "the validation set has one sentence, too few to stop by and to test on: give a file for testing"
            )
        random.Random(f"halves:{seed}").shuffle(valid)
        valid, test = valid[: len(valid) // 2], valid[len(valid) // 2 :]
    labels = sorted(set(labels_of(kind, itertools.chain(train, valid, test))))
    if len(labels) < 2:
        raise TutorialError(f"{source or 'the set'} has a single label, {labels[0]!r}: there is nothing to learn")
    return Labelled(kind, labels, train, list(valid), list(test), source)


def labels_of(kind, examples):
    """Every label of ``examples``, one after the other."""
    if kind == TOKENS:
        return itertools.chain.from_iterable(example.labels for example in examples)
    return (example.labels for example in examples)


def read_tokens(path, columns=None, encoding="utf-8"):
    """Sentences of a file with a word a line and an empty line between sentences, as in CoNLL's shared tasks.

    Columns are parted by tabs or, where a line has none, by spaces.  ``columns`` is a pair of numbers, counted
    from 1: where the word and the label stand; by default the first and the last, and in ``.conllu`` files
    2 and 4, the form and the universal part of speech.  Returns a list of :class:`Example`.

    Raises TutorialError that names file and line.
    """
    universal = _without_gz(path).endswith(".conllu")
    word_at, label_at = _numbers(columns, (2, 4) if universal else (1, None))
    examples, words, labels = [], [], []
    for number, line in itertools.chain(_lines(path, encoding), [(None, "")]):
        if not line.strip():
            if words:
                examples.append(Example(tuple(words), tuple(labels)))
            words, labels = [], []
            continue
        if line.startswith(NO_SENTENCE) or (universal and line.startswith("#")):
            continue
        cells = line.split("\t") if "\t" in line else line.split()
        if universal and not cells[0].isdigit():
            continue  # 3-4: two words written as one, which follow; 5.1: a word that is not written
        needed = max(word_at, label_at or word_at + 1)
        if len(cells) < needed:
            raise TutorialError(
                f"{path}, line {number}: {line[:60]!r} has {len(cells)} column{'' if len(cells) == 1 else 's'} where a word and its label need {needed}: put a tab or a space between them"
            )
        word, label = cells[word_at - 1].strip(), cells[label_at - 1 if label_at else -1].strip()
        if not word or not label:
            raise TutorialError(f"{path}, line {number}: the {'label' if word else 'word'} is empty")
        words.append(word)
        labels.append(label)
    return _some(examples, path)


def read_sentences(path, columns=None, encoding="utf-8"):
    """Lines ``text<TAB>label`` or ``text<TAB>text<TAB>label``; a list of :class:`Example`.

    A first line with the names of the columns, the last of them ``label``, is passed over.  ``columns`` says
    where one or two texts and then the label stand, as numbers counted from 1 or as names in the first line:
    ``("sentence1", "sentence2", "label")`` for PAWS-X.  Quotation marks are text like any other.

    Raises TutorialError that names file and line.
    """
    examples, places = [], None
    for number, line in _lines(path, encoding):
        if not line.strip():
            continue
        cells = line.split("\t")
        if places is None:
            places, is_heading = _places(path, cells, columns)
            if is_heading:
                continue
        if len(cells) <= max(places) or (not columns and len(cells) != len(places)):
            raise TutorialError(
                f"{path}, line {number}: {line[:60]!r} has {len(cells)} column{'' if len(cells) == 1 else 's'} where a text and its label need {int(max(places) + 1)}: put a tab between them"
            )
        *texts, label = (cells[place].strip() for place in places)
        if not label or not all(texts):
            raise TutorialError(f"{path}, line {number}: the {'text' if label else 'label'} is empty")
        examples.append(Example(tuple(texts), label))
    return _some(examples, path)


def _places(path, cells, columns):
    """Where the texts and the label stand (counted from 0), and whether ``cells``, the first line, only names them."""
    if not columns:
        if len(cells) not in (2, 3):
            raise TutorialError(
                f"{path}, line 1: it has {len(cells)} column{'' if len(cells) == 1 else 's'} where text<TAB>label or text<TAB>text<TAB>label is wanted: say with columns where they are"
            )
        return list(range(len(cells))), cells[-1].strip().lower() == "label"
    if len(columns) not in (2, 3):
        raise TutorialError(f"columns must name one or two texts and the label, not {list(columns)!r}")
    if all(str(column).isdigit() for column in columns):
        return [number - 1 for number in _numbers(columns, columns)], False
    names = [cell.strip() for cell in cells]
    for column in columns:
        if column not in names:
            raise TutorialError(f"{path}, line 1: there is no column {column!r} among {', '.join(names)[:200]}")
    return [names.index(column) for column in columns], True


def _numbers(columns, usual):
    """``columns`` as whole numbers from 1 on."""
    if not columns:
        return usual
    try:
        numbers = tuple(int(column) for column in columns)
        if len(numbers) == len(usual) and min(numbers) > 0:
            return numbers
    except ValueError:
        pass
    raise TutorialError(f"columns must be {len(usual)} numbers from 1 on, not {list(columns)!r}")


def _some(examples, path):
    if not examples:
        raise TutorialError(f"{path} holds no labelled sentence")
    return examples


def _without_gz(path):
    path = os.fspath(path)
    return path[:-3] if path.endswith(".gz") else path


def _lines(path, encoding):
    """``(number, line)`` of a text file, line ends and a byte order mark removed."""
    path = os.fspath(path)
    number = 0
    try:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            for number, line in enumerate(file, 1):
                text = line.decode(encoding).rstrip("\r\n")
                yield number, text[1:] if number == 1 and text.startswith("\ufeff") else text
    except UnicodeDecodeError:
        raise TutorialError(
            f"{path}, line {int(number + (number == 0))}: this is no {encoding} text: name the file's encoding (latin-1 for CoNLL-2002)"
        )
    except LookupError:
        raise TutorialError(f"there is no encoding {encoding!r}")
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise TutorialError(f"{path} cannot be read ({reason}): correct its path, or copy or pack it again")


def builtin(kind, seed=0, **counts):
    """A task from the built-in generator: parts of speech (``tokens``), or whether a sentence fits (``sentences``).

    ``counts`` (``train``, ``valid``, ``test``) change the number of sentences in each split.  No sentence is in
    two of them.  ``seed`` makes another set.
    """
    from helpers.data import sample_corpus

    counts = dict(BUILTIN, **counts)
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
    else:
        raise TutorialError(f"the kind of a task is one of {' and '.join(KINDS)}, not {kind!r}")
    first, second = counts["train"], counts["train"] + counts["valid"]
    return task(kind, examples[:first], examples[first:second], examples[second:], source)


def few(labelled, count, seed):
    """``count`` training examples of a task, drawn with ``seed``; every one when there are no more.

    Of sentences each label gets its share in turn, so that ten examples of two labels are five of each.
    A larger draw with the same seed holds the smaller one.
    """
    drawn = list(labelled.train)
    random.Random(f"few:{seed}").shuffle(drawn)
    if labelled.kind == SENTENCES:
        piles = [[example for example in drawn if example.labels == label] for label in labelled.labels]
        drawn = [example for row in itertools.zip_longest(*piles) for example in row if example is not None]
    return drawn[:count]
