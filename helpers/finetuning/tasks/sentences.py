"""Labelled sentences and pairs of them, from a file of any usual dress."""

from typing import Any, List, Optional, Sequence

from helpers.base.errors import TutorialError
from helpers.finetuning.tasks import columns as columns_of
from helpers.finetuning.tasks import table as tables
from helpers.finetuning.tasks.example import Example, counted

NO_CONSENSUS = "-"  # the label in SNLI's and MultiNLI's files where the annotators did not agree


def read_sentences(
    path: Any, columns: Optional[Sequence] = None, encoding: Optional[str] = None, say: Any = None
) -> List[Example]:
    """The labelled sentences of a file: a text and its label, or two texts and their label.

    The columns may be parted by tabs, commas or semicolons, with quotation marks where a cell needs them; JSON, JSON
    lines and fastText's ``__label__`` are read as well.  ``columns`` says where one or two texts and then the label
    stand, as numbers counted from 1 or as names: ``("sentence1", "sentence2", "label")`` for PAWS-X.  Without it a
    first line of known names, a column that counts the lines, CoLA's four columns and a label in front are recognized.
    ``say`` takes a line for each thing that was recognized or left out.

    Raises TutorialError that names file and line.
    """
    say = say or (lambda text: None)
    table = tables.read(path, encoding)
    if not table.rows:
        raise TutorialError(f"{path} holds no labelled sentence")
    places = columns_of.find(path, table, columns, say)
    if table.form:
        say(f"{path}: it is read as {table.form}")
    needed = max(places.texts + (places.label,)) + 1
    stated = columns or places.heading  # of tabs, lines may then have more columns than the first, as MultiNLI's do
    width = None if table.names or (stated and not table.form) else len(table.rows[0])
    remedy = "put quotation marks around a text that holds what parts the columns"
    remedy = remedy if table.form else "put a tab between them"
    examples, undecided, empty = [], 0, []
    for number, row in list(zip(table.lines, table.rows))[int(places.heading) :]:
        if len(row) < needed or (width and len(row) != width):
            raise TutorialError(
                f"{path}, line {number}: {'|'.join(map(str, row))[:60]!r} has {counted(len(row), 'column')} where a "
                f"text and its label need {width or needed}: {remedy}"
            )
        *texts, label = (_cell(path, number, row[place]) for place in places.texts + (places.label,))
        if not label or not all(texts):
            empty.append((number, "text" if label else "label"))
        elif label == NO_CONSENSUS:
            undecided += 1
        else:
            examples.append(Example(tuple(texts), label))
    if empty:
        number, what = empty[0]
        more = f" (and {counted(len(empty) - 1, 'more line')} like it)" if len(empty) > 1 else ""
        raise TutorialError(f"{path}, line {number}{more}: the {what} is empty: fill it in, or remove the line")
    if undecided:
        say(f"{path}: {counted(undecided, 'example')} labelled {NO_CONSENSUS!r} (not agreed upon) are left out")
    if not examples:
        raise TutorialError(f"{path} holds no labelled sentence")
    return examples


def _cell(path, number, cell):
    """A cell as text in one line."""
    if isinstance(cell, list):
        if len(cell) != 1:
            raise TutorialError(
                f"{path}, line {number}: {str(cell)[:60]} is a list, and a sentence gets just one label here: keep one"
            )
        cell = str(cell[0])
    return " ".join(cell.split())
