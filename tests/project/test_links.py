"""The project's address: in one place, and from there in every badge and set-up cell."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from tools import links, notebook_files

ROOT = notebook_files.ROOT


@pytest.fixture
def copy(tmp_path):
    for name in ("README.md", "REPOSITORY"):
        shutil.copy(os.path.join(ROOT, name), str(tmp_path))
    shutil.copytree(os.path.join(ROOT, "notebooks"), str(tmp_path / "notebooks"))
    return tmp_path


def contents(folder):
    paths = [folder / "README.md"] + sorted((folder / "notebooks").glob("*.ipynb"))
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


def test_what_is_committed_follows_from_the_one_place(copy):
    before = contents(copy)
    links.link(str(copy), (copy / "REPOSITORY").read_text().strip())
    assert contents(copy) == before


def test_all_links_follow_a_change_and_back(copy):
    before, unset = contents(copy), (copy / "REPOSITORY").read_text().strip()
    links.link(str(copy), "ana/first")
    links.link(str(copy), "ana/electra-es")
    changed = contents(copy)
    for name, text in changed.items():
        assert links.UNSET not in text.replace('\\"OWNER/REPO\\" in PROJECT', ""), name
        assert "ana/first" not in text and "https://colab.research.google.com/github/ana/electra-es/blob/main/" in text
        assert "https://mybinder.org/v2/gh/ana/electra-es/main?labpath=notebooks/" in text
    assert 'PROJECT = \\"https://github.com/ana/electra-es\\"' in changed["1_method.ipynb"]
    first = json.loads(changed["1_method.ipynb"])["cells"][0]["source"]
    colab = "https://colab.research.google.com/github/ana/electra-es/blob/main/notebooks/"
    assert f"[2 data]({colab}2_data.ipynb)" in first[-1] and "**1 method**" in first[-1]
    assert len(changed) == 1 + changed["README.md"].count("colab-badge.svg") > 6
    links.link(str(copy), unset)
    assert contents(copy) == before and (copy / "REPOSITORY").read_text() == unset + "\n"


def test_the_address_does_not_count_as_a_change_of_the_code(copy):
    path = str(copy / "notebooks" / "1_method.ipynb")
    before = notebook_files.code_hash(notebook_files.read(path))
    links.link(str(copy), "ana/electra-es")
    notebook = notebook_files.read(path)
    assert notebook_files.code_hash(notebook) == before
    notebook["cells"][-2]["source"].append("# changed")
    notebook["cells"][-2]["cell_type"] = "code"
    assert notebook_files.code_hash(notebook) != before


def test_what_a_form_offers_does_not_count_as_a_change_of_the_code():
    def coded(line):
        return notebook_files.code_hash(dict(cells=[dict(cell_type="code", source=[line])]))

    assert coded('PRESET = ""  # @param ["", "sample"]') == coded('PRESET = ""  # @param ["", "sample", "quick"]')
    assert coded('PRESET = ""  # @param [""]') != coded('PRESET = "quick"  # @param [""]')


@pytest.mark.parametrize("arguments", [[], [""], ["electra"], ["https://github.com/ana/electra"], ["a b/c"]])
def test_what_is_no_repository_gets_one_sentence(arguments):
    ran = subprocess.run(
        [sys.executable, os.path.join(ROOT, "tools", "links.py")] + arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert ran.returncode == 1 and ran.stderr.decode().startswith("error: name the repository")
    assert len(ran.stderr.decode().splitlines()) == 1
