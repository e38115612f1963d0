"""Reads the tables of docs/reliability.md, so that its rows and the tests' cannot come apart."""

import collections
import os
import re

DOCUMENT = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "docs", "reliability.md"
)

# ``accepted``: whether the step goes on; ``pattern``: of the sentence that the user sees, "…" standing for anything.
Row = collections.namedtuple("Row", "what shown accepted pattern")


def rows(heading):
    """The rows of all tables in the section ``heading``: name → Row, in their order."""
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    section = re.search(r"^## %s\n(.*?)(?=^## |\Z)" % re.escape(heading), text, re.MULTILINE | re.DOTALL).group(1)
    found = {}
    for line in section.split("\n"):
        cells = re.match(r"\| `([^`]+)` \| (.+?) \| (.+?) \|$", line)
        if cells:
            name, what, shown = cells.groups()
            assert name not in found, "the row %s stands twice" % name
            accepted = shown.startswith("goes on")
            sentence = shown.partition(": ")[2] if accepted else shown
            pattern = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", sentence))
            found[name] = Row(what, shown, accepted, re.compile(pattern + ("" if accepted else "$")))
    return found
