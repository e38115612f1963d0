"""The outputs in the committed notebooks: whole, of this very code, and the measurements that README quotes."""

import json
import os
import re

import pytest

from tools import make_notebooks, notebook_files

PATHS = notebook_files.paths()
MAX_BYTES, MAX_SILENCE, MAX_MEMORY_MB, MAX_SECONDS_TO_PICTURE = 2e6, 5, 2000, 120


@pytest.fixture(params=PATHS, ids=[os.path.basename(path) for path in PATHS])
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    found = notebook_files.read(path)
    assert "made" in found["metadata"], "run `make notebooks`"
    return found


def test_they_belong_to_this_code(notebook):
    assert notebook["metadata"]["made"]["code"] == notebook_files.code_hash(notebook), "run `make notebooks`"


def test_they_are_whole(path, notebook):
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    assert os.path.getsize(path) < MAX_BYTES
    outputs = [output for cell in code for output in cell["outputs"]]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert kinds & {"image/png", "text/html"} and not [kind for kind in kinds if "widget" in kind]
    for output in outputs:  # each figure says in words what it shows
        if "image/png" in output.get("data", {}):
            assert len(output["metadata"]["image/png"]["alt"]) > 20
    for cell in code:  # what ends in a figure shows one
        if re.search(r"^\w*plots\.", notebook_files.source(cell).rstrip().splitlines()[-1]):
            assert any("image/png" in output.get("data", {}) for output in cell["outputs"]), cell["id"]


def test_both_vocabularies_are_compared():
    notebook = notebook_files.read(os.path.join(notebook_files.ROOT, "notebooks", "2_data.ipynb"))
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == "vocabularies"]
    assert "multilingual" in "".join(cell["outputs"][-1]["data"]["text/plain"])


def test_pretraining_is_seen_to_pay_off():
    """The seeds of both starts are apart at each number of labelled sentences."""
    notebook = notebook_files.read(os.path.join(notebook_files.ROOT, "notebooks", "6_fine_tuning.ipynb"))
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == "gain"]
    lines = "".join(cell["outputs"][-1]["data"]["text/plain"]).splitlines()[1:]
    assert len(lines) >= 3
    for line in lines:
        ranges = re.findall(r"\((\S+) to (\S+)\)", line)
        (lowest, _), (_, highest) = [tuple(map(float, each)) for each in ranges]
        assert lowest > highest, line


def test_they_hold_no_absolute_path(notebook):
    found = make_notebooks.ABSOLUTE_PATH.search(json.dumps(make_notebooks.outputs(notebook), ensure_ascii=False))
    assert not found


@pytest.mark.parametrize(
    "text", ["is in /home/ana/electra", '"/tmp/x/y"', "(/Users/ana/data)", "python: /usr/bin/python"]
)
def test_absolute_paths_are_seen(text):
    assert make_notebooks.ABSOLUTE_PATH.search(text)


@pytest.mark.parametrize("text", ["https://x.org/home/a", "./data/models", ".venv/bin/python", "and/or", "~/tmp/x"])
def test_other_paths_are_left_alone(text):
    assert not make_notebooks.ABSOLUTE_PATH.search(text)


def test_memory_is_within_bounds(notebook):
    assert 50 < notebook["metadata"]["made"]["memory_mb"] < MAX_MEMORY_MB


def test_times_are_within_bounds(path, notebook):
    made = notebook["metadata"]["made"]
    if make_notebooks.busy(made):
        pytest.skip("measured on a machine with much other work: run `make notebooks` on a quiet one")
    assert max(made["first_sign"].values()) <= MAX_SILENCE, "a cell is silent for too long"
    if os.path.basename(path).startswith("1"):
        assert made["first_picture"] < MAX_SECONDS_TO_PICTURE


def test_the_head_says_what_was_measured(notebook):
    head = notebook_files.source(notebook["cells"][0]) + notebook_files.source(notebook["cells"][1])
    assert make_notebooks.how_long(notebook["metadata"]["made"]) in head


def test_readme_says_what_was_measured():
    with open(make_notebooks.README, encoding="utf-8") as file:
        text = file.read()
    assert make_notebooks.readme(text) == text
    for path in PATHS:
        assert make_notebooks.measured(notebook_files.read(path)["metadata"]["made"]) in text
