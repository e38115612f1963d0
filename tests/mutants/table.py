"""A row of the table of faults: a small change to the code that a reader would suffer from, and the tests that notice.

A module of this folder lists the faults of some folders of ``helpers/`` and ``tools/`` as ``ROWS``, a list of
:class:`Mutant`.
"""

from collections import namedtuple

# file: path from the project's folder. old: text that occurs exactly once in it. new: the fault in its place.
# tests: a tuple of pytest's paths or node ids (tests/data/test_text.py::test_lines), the quickest that notice.
Mutant = namedtuple("Mutant", "file old new tests")
