"""The notebooks as files: reading and writing them, and which code their outputs belong to."""

import glob
import hashlib
import json
import os
import re

from helpers.base.files import write_aside

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROJECT_LINE = re.compile(r'^PROJECT = ".*?"', re.MULTILINE)  # in the set-up cell; `make links` rewrites it
FORM = re.compile(r"  # @param .*$", re.MULTILINE)  # what Colab's form offers; to Python it is a comment


def paths(root=ROOT):
    """All notebooks of the project: the one from top to bottom first, then the numbered ones."""
    found = glob.glob(os.path.join(root, "notebooks", "*.ipynb"))
    return sorted(found, key=lambda path: (os.path.basename(path)[0].isdigit(), path))


def read(path):
    """A notebook as a dict."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def write(path, notebook):
    """Write a notebook in the form in which all of them are kept."""
    with write_aside(path) as file:
        file.write(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def source(cell):
    """The text of a cell."""
    return "".join(cell["source"])


def set_source(cell, text):
    """Replace the text of a cell."""
    cell["source"] = text.splitlines(keepends=True)


def parameters(notebook):
    """The code cell that holds the notebook's parameters."""
    return next(cell for cell in notebook["cells"] if "parameters" in cell["metadata"].get("tags", []))


def code_hash(notebook):
    """SHA-256 (hex) over all code cells, whatever the project's address in them and whatever their forms offer."""
    code = [source(cell) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    text = json.dumps([FORM.sub("", PROJECT_LINE.sub('PROJECT = ""', cell)) for cell in code])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
