"""Words of ours are explained where a page first uses them, or the page names the glossary before that."""

import glob
import os
import re

import pytest

from helpers.pretraining import run_state
from tools import notebook_files

ROOT = notebook_files.ROOT
# A word, and what its explanation says in the same paragraph.
WORDS = {
    r"\bAUC\b": r"probability\s+that",
    r"[Oo]wn AUC": r"own AUC\* (is the same for|of)\s+words\s+that\s+the model's own generator",
    r"\b[Tt]o the first step": r"\*To the first step\* is the time from the command",
}
GLOSSARY = re.compile(r"\(((\.\./)?docs/)?glossary\.md\)")


def documents():
    """The text of each page by its name; of a notebook, its markdown."""
    paths = ["README.md", "CONTRIBUTING.md", *glob.glob(os.path.join(ROOT, "docs", "*.md"))]
    found = {}
    for path in paths:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            found[os.path.basename(path)] = file.read()
    del found["reference_commands.md"]  # options and their help, not to be read from its top
    for path in notebook_files.paths():
        cells = notebook_files.read(path)["cells"]
        markdown = [notebook_files.source(cell) for cell in cells if cell["cell_type"] == "markdown"]
        found[os.path.basename(path)] = "\n\n".join(markdown)
    return found


PAGES = documents()


@pytest.mark.parametrize("word", sorted(WORDS))
def test_a_word_is_explained_where_it_first_stands(word):
    used = 0
    for name, text in PAGES.items():
        first = re.search(word, text)
        if first:
            used += 1
            begin = text.rfind("\n\n", 0, first.start()) + 1
            paragraph = text[begin : text.find("\n\n", first.end()) % (len(text) + 1)]
            told = re.search(WORDS[word], paragraph)
            if re.search(word, PAGES["glossary.md"]):
                told = told or GLOSSARY.search(text[: first.start()] + paragraph)
            assert told, f"{name}: {first.group()}"
    assert used


def test_the_glossary_has_what_pages_send_to_it_for():
    for word in ("AUC per token", "AUC per word", "own AUC", "Threshold", "Seed", "Minimal pair"):
        assert f"*{word}" in " ".join(PAGES["glossary.md"].split()), word


def test_the_star_in_the_table_of_notebooks_is_explained_below_it():
    assert "a star marks a time that leaves out" in PAGES["README.md"]


def test_nothing_is_as_dear_as_something_else():
    """It costs as much, or takes as long: which of them is said."""
    for name, text in PAGES.items():
        assert not re.search(r"\bas dear\b|\bdearer\b", text), name


def test_what_is_put_aside_is_called_as_the_pages_say(tmp_path):
    for _ in range(2):
        (tmp_path / "NAME").mkdir()
        run_state.put_aside(str(tmp_path / "NAME"))
    said = [
        f"`models/{name}`" if number == 0 else f"`{name}`" for number, name in enumerate(sorted(os.listdir(tmp_path)))
    ]
    assert f"put aside as {said[0]}, then {said[1]}" in PAGES["scale.md"]
    assert "as `MODEL_NAME.old-1`" in PAGES["troubleshooting.md"]
