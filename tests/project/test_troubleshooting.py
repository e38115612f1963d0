"""docs/troubleshooting.md: what it quotes is what the code says."""

import glob
import os
import re

from tools import notebook_files

ROOT = notebook_files.ROOT
FIELD = r"\{[^{}]*(?:\[[^\]]*\])?[^{}]*\}"  # of an f-string


def page():
    with open(os.path.join(ROOT, "docs", "troubleshooting.md"), encoding="utf-8") as file:
        return file.read()


def code():
    """All of helpers/ as one text, in which a sentence that goes on in the next line is one piece."""
    text = ""
    for path in glob.glob(os.path.join(ROOT, "helpers", "**", "*.py"), recursive=True):
        with open(path, encoding="utf-8") as file:
            text += file.read()
    return re.sub(FIELD, "…", re.sub(r'"\s*\n\s*f?"', "", text))


def test_ten_symptoms_each_with_a_report_or_its_own_remedy():
    sections = re.split(r"^## \d+\. ", page(), flags=re.MULTILINE)[1:]
    assert len(sections) == 10
    for section in sections:
        assert "**Here:**" in section or "\n> " in section, section.splitlines()[0]
        assert "https://github.com/" in section, section.splitlines()[0]


def test_what_is_quoted_is_what_the_programs_say():
    said, quoted = code(), re.findall(r"^> (.*)$", page(), re.MULTILINE)
    assert len(quoted) >= 8
    for sentence in quoted:
        for piece in filter(None, (piece.strip(" ;:,()") for piece in sentence.split("…"))):
            assert piece in said, piece
