"""Which columns of a table are texts and which is the label: as the user says, as names say, or as the cells look."""

from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

from helpers.base.errors import TutorialError
from helpers.finetuning.tasks.example import counted
from helpers.finetuning.tasks.table import Table

LABELS = "label gold_label etiqueta clase class labels category categoría categoria target sentiment sentimiento"
LABELS = (LABELS + " polarity polaridad stance is_duplicate stars estrellas score puntuación").split()
PAIRS = [pair.split("+") for pair in (
    "sentence1+sentence2 premise+hypothesis premise+hypo premisa+hipótesis question1+question2 text1+text2 "
    "texto1+texto2 text_a+text_b question+sentence pregunta+oración"
).split()]  # fmt: skip
TEXTS = (
    "text texto sentence oración oracion review reseña review_body tweet comment comentario content contenido".split()
)
NUMBERS = ("", "id", "idx", "index", "guid", "unnamed: 0", "row_id", "example_id")  # names of columns that only count


class Columns(NamedTuple):
    """Where the texts and the label stand (counted from 0), and whether the first row only names the columns."""

    texts: Tuple[int, ...]
    label: int
    heading: bool


def find(path: Any, table: Table, columns: Optional[Sequence], say: Any) -> Columns:
    """The :class:`Columns` of a table of labelled sentences.

    ``columns`` names one or two texts and then the label, by numbers from 1 on or by the columns' names; without it,
    known names are looked for, then the cells are looked at.  ``say`` takes a line about what was guessed.
    Raises TutorialError where that fails.
    """
    names = table.names or [str(cell).strip() for cell in table.rows[0]]
    if columns:
        return _stated(path, table, names, list(columns))
    found = _by_names([name.lower() for name in names])
    if found:
        found = found._replace(heading=not table.names)
        read = " and ".join(repr(names[place]) for place in found.texts)
        others = [name or "(no name)" for place, name in enumerate(names) if place not in found.texts + (found.label,)]
        where = "its first line names the columns; " if found.heading else ""
        more = f"; left out: {', '.join(others)}" if others else ""
        if found.heading or others:
            say(f"{path}: {where}text is read from {read}, the label from {names[found.label]!r}{more[:200]}")
        return found
    if table.names:
        raise TutorialError(
            f"{path}: none of its names ({', '.join(names)[:200]}) is known for a text and a label: say which with "
            "columns"
        )
    return _by_looks(path, table, say)


def numbers(columns: Optional[Sequence], usual: Tuple) -> Tuple:
    """``columns`` as whole numbers from 1 on, as many as ``usual`` has, which stands in where there are none."""
    if not columns:
        return usual
    try:
        found = tuple(int(column) for column in columns)
        if len(found) == len(usual) and min(found) > 0:
            return found
    except ValueError:
        pass
    raise TutorialError(f"columns must be {len(usual)} numbers from 1 on, not {list(columns)!r}")


def _stated(path, table, names, columns):
    if len(columns) not in (2, 3):
        raise TutorialError(f"columns must name one or two texts and the label, not {columns!r}")
    if all(str(column).isdigit() for column in columns):
        *texts, label = (number - 1 for number in numbers(columns, tuple(columns)))
        heading = not table.names and label < len(names) and names[label].lower() in LABELS
        return Columns(tuple(texts), label, heading)
    for column in columns:
        if column not in names:
            raise TutorialError(f"{path}, line 1: there is no column {column!r} among {', '.join(names)[:200]}")
    *texts, label = (names.index(column) for column in columns)
    return Columns(tuple(texts), label, not table.names)


def _by_names(names):
    """As the names (in lower case) say; None where they are none that is known."""
    label = next((names.index(name) for name in LABELS if name in names), None)
    if label is None:
        return None
    for pair in PAIRS:
        if set(pair) <= set(names):
            return Columns(tuple(names.index(name) for name in pair), label, True)
    for name in TEXTS:
        if name in names:
            return Columns((names.index(name),), label, True)
    others = [place for place, name in enumerate(names) if place != label and name not in NUMBERS]
    return Columns(tuple(others), label, True) if len(others) in (1, 2) else None


def _by_looks(path, table, say):
    """Without names: text and label or two texts and a label, label last or first, after numbers that only count."""
    width = len(table.rows[0])
    if width not in (2, 3, 4):
        raise _unclear(path, table)
    even = [row for row in table.rows if len(row) == width]
    cells = [[str(row[place]).strip() for row in even] for place in range(width)]
    if width == 4:
        if set(cells[1]) <= {"0", "1"} and set(cells[2]) <= {"", "*"}:
            say(f"{path}: it is read as CoLA's four columns: the text from the fourth, the label from the second")
            return Columns((3,), 1, False)
        if not _counts(cells[0]):
            raise _unclear(path, table)
    places = list(range(width))
    if width > 2 and _counts(cells[0]):
        say(f"{path}: the first column only counts the lines and is left out")
        places = places[1:]
    first, last = cells[places[0]], cells[places[-1]]
    if 2 * len(set(first)) <= len(set(last)) and _length(first) < _length(last):
        say(f"{path}: the label is read from the first column, which repeats, and the text from what follows")
        return Columns(tuple(places[1:]), places[0], False)
    heads, rest = last[0], last[1:]
    if len(rest) >= 9 and heads not in rest and all(rest.count(label) > 1 for label in set(rest)):
        names = ",".join(str(table.rows[0][place]).strip() for place in places)
        say(f"{path}: its first line is read as an example; if it names the columns, give --columns {names[:80]!r}")
    return Columns(tuple(places[:-1]), places[-1], False)


def _unclear(path, table):
    return TutorialError(
        f"{path}, line {table.lines[0]}: it has {counted(len(table.rows[0]), 'column')} where text<TAB>label or "
        "text<TAB>text<TAB>label is wanted: say with columns where they are"
    )


def _counts(cells: List[str]) -> bool:
    """Whether the cells are just 0, 1, 2, … or 1, 2, 3, …"""
    begin = cells[0]
    return len(cells) > 2 and begin in ("0", "1") and cells == [str(int(begin) + n) for n in range(len(cells))]


def _length(cells):
    return sum(map(len, cells)) / len(cells)
