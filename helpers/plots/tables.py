"""Small tables in a notebook: HTML where there is a page, aligned columns where there is none."""

import html
from typing import Any, Iterable, Sequence

LONG = 40  # characters; a longer cell goes over several lines where the page is narrow


class Table:
    """Rows under headings; a notebook shows it as the last line of a cell.

    ``rows`` are sequences of as many cells as there are ``headings``; numbers are set flush right, and so is the
    heading over a column of them.
    """

    def __init__(self, headings: Iterable[Any], rows: Iterable[Sequence[Any]]):
        self.headings = [str(heading) for heading in headings]
        self.rows = [list(row) for row in rows]

    def _repr_html_(self):
        def line(tag, cells, sides):
            shown = [
                f'<{tag} style="text-align:{side}; white-space:{"normal" if len(said) > LONG else "nowrap"}">'
                f"{html.escape(said)}</{tag}>"
                for side, said in zip(sides, map(_said, cells))
            ]
            return f"<tr>{''.join(shown)}</tr>"

        body = "".join(line("td", row, map(_side, row)) for row in self.rows)
        over = [max(map(_side, column), default="left") for column in zip(*self.rows)] or ["left"] * len(self.headings)
        return f"<table><thead>{line('th', self.headings, over)}</thead><tbody>{body}</tbody></table>"

    def __str__(self):
        lines = [self.headings] + [[_said(cell) for cell in row] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in lines)

    __repr__ = __str__


def _side(cell):
    return "right" if isinstance(cell, (int, float)) else "left"


def _said(cell):
    if isinstance(cell, bool) or cell is None:
        return "" if cell is None else str(cell).lower()
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell + 0.0:.3g}" if isinstance(cell, float) else str(cell)  # + 0.0: no "-0"
