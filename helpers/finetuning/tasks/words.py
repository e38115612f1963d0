"""Sentences whose words are labelled: CoNLL's columns, .conllu, tables with a word a row, and JSON."""

import os
import re
import unicodedata
from typing import Any, List, Optional, Sequence

from helpers.base.errors import TutorialError
from helpers.finetuning.tasks import table as tables
from helpers.finetuning.tasks.columns import numbers
from helpers.finetuning.tasks.example import Example, counted

NO_SENTENCE = "-DOCSTART-"  # begins a document in CoNLL-2003's files; not a word
WORD_NAMES = "word token palabra form words tokens".split()
TAG_NAMES = "ner_tags ner_tag tag label etiqueta ner tags labels upos pos_tags pos".split()
SENTENCE_NAMES = ["sentence #", "sentence_id", "sent_id", "sentence_number", "sentence"]
UNIVERSAL = re.compile(r"\d+(-\d+|\.\d+)?(\t[^\t]*){9}$")  # a line of Universal Dependencies' files


def read_tokens(
    path: Any, columns: Optional[Sequence] = None, encoding: Optional[str] = None, say: Any = None
) -> List[Example]:
    """Sentences with a label for each word.

    Usually a word a line and an empty line between sentences, as in CoNLL's shared tasks.  Columns are parted by tabs
    or, where a line has none, by spaces.  ``columns`` is a pair of numbers, counted from 1: where the word and the
    label stand; by default the first and the last, and in ``.conllu`` files 2 and 4, the form and the universal part
    of speech.  Tables with names such as ``Sentence #,Word,POS,Tag``, and JSON with ``tokens`` and ``ner_tags``, are
    read as such.  ``say`` takes a line for each thing that was recognized or left out.

    Raises TutorialError that names file and line.
    """
    say = say or (lambda text: None)
    text = tables.read_text(path, encoding)
    first = next((line for line in tables.lines_of(text) if line.strip()), "")
    if first.lstrip().startswith(("{", "[")):
        table = tables.read(path, encoding)
        if table.names:
            examples = _objects(path, table, say)
            return _checked(path, examples, say)
    names = [name.strip().strip('"').lower() for name in re.split("[\t,;]", first)]
    if not columns and set(names) & set(WORD_NAMES) and set(names) & set(TAG_NAMES) and len(names) > 1:
        return _checked(path, _rows(path, tables.read(path, encoding), names, say), say)
    return _checked(path, _lines(path, tables.lines_of(text), columns), say)


def _lines(path, lines, columns):
    """A word and its label a line."""
    contents = [line for line in lines if line.strip() and not line.startswith("#")]
    name = os.fspath(path)
    universal = re.search(r"\.conllu(\.gz)?$", name) or (contents and UNIVERSAL.match(contents[0]))
    word_at, label_at = numbers(columns, (2, 4) if universal else (1, None))
    needed, width = max(word_at, label_at or word_at + 1), None
    examples, words, labels = [], [], []
    for number, line in enumerate(lines + [""], 1):
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
        if len(cells) < needed:
            raise TutorialError(
                f"{path}, line {number}: {line[:60]!r} has {counted(len(cells), 'column')} where a word and its label "
                f"need {needed}: put a tab or a space between them"
            )
        width = width or len(cells)
        if len(cells) != width and label_at is None:
            raise TutorialError(
                f"{path}, line {number}: {line[:60]!r} has {counted(len(cells), 'column')} where the lines before have "
                f"{width}: mend the line, or say with columns where words and labels stand"
            )
        word, label = cells[word_at - 1].strip(), cells[label_at - 1 if label_at else -1].strip()
        _check(path, number, word, label)
        words.append(word)
        labels.append(label)
    return examples


def _rows(path, table, names, say):
    """A table with a word a row; a new sentence where the column that counts them says so, or after an empty row."""
    word_at, label_at = _place(names, WORD_NAMES), _place(names, TAG_NAMES)
    sentence_at = _place(names, SENTENCE_NAMES)
    say(
        f"{path}: its first line names the columns; words are read from {table.rows[0][word_at]!r}, "
        f"labels from {table.rows[0][label_at]!r}"
    )
    examples, words, labels, sentence, last = [], [], [], None, table.lines[0]
    for number, row in list(zip(table.lines, table.rows))[1:]:
        if len(row) != len(names):
            raise TutorialError(
                f"{path}, line {number}: {'|'.join(row)[:60]!r} has {counted(len(row), 'column')} where the first line "
                f"names {len(names)}: put quotation marks around a word that holds what parts the columns"
            )
        begins = number > last + 1 if sentence_at is None else row[sentence_at].strip() not in ("", sentence)
        if begins and words:
            examples.append(Example(tuple(words), tuple(labels)))
            words, labels = [], []
        if sentence_at is not None:
            sentence = row[sentence_at].strip() or sentence
        word, label, last = row[word_at].strip(), row[label_at].strip(), number
        _check(path, number, word, label)
        words.append(word)
        labels.append(label)
    return examples + [Example(tuple(words), tuple(labels))] * bool(words)


def _objects(path, table, say):
    """JSON objects that hold a list of words and a list of their labels."""
    names = [name.lower() for name in table.names]
    word_at, label_at = _place(names, WORD_NAMES[::-1]), _place(names, TAG_NAMES)
    if word_at is None or label_at is None:
        raise TutorialError(
            f"{path}: its objects hold {', '.join(table.names)[:200]}; for labelled words they need a list 'tokens' "
            "and a list 'ner_tags'"
        )
    word_name, label_name = table.names[word_at], table.names[label_at]
    say(f"{path}: it is read as {table.form}, words from {word_name!r}, labels from {label_name!r}")
    examples = []
    for number, row in zip(table.lines, table.rows):
        words, labels = row[word_at], row[label_at]
        if not isinstance(words, list) or not isinstance(labels, list) or len(words) != len(labels):
            raise TutorialError(
                f"{path}, object {number}: {word_name!r} and {label_name!r} are not two lists of the same length: give "
                "each word its label"
            )
        for word, label in zip(words, labels):
            _check(path, number, str(word).strip(), str(label).strip())
        if words:
            words, labels = (tuple(str(each).strip() for each in values) for values in (words, labels))
            examples.append(Example(words, labels))
    return examples


def _place(names, known):
    return next((names.index(name) for name in known if name in names), None)


def _check(path, number, word, label):
    if not word or not label:
        raise TutorialError(f"{path}, line {number}: the {'label' if word else 'word'} is empty: fill it in")


def _checked(path, examples, say):
    if not examples:
        raise TutorialError(f"{path} holds no labelled sentence")
    unseen = sum(not _visible(word) for example in examples for word in example.inputs)
    if unseen:
        what = counted(unseen, "word")
        say(f"{path}: {what} of nothing visible (such as zero-width spaces), which are read as unknown")
    return examples


def _visible(word):
    return any(unicodedata.category(character) not in ("Cc", "Cf") for character in word)
