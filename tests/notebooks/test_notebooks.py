"""The notebooks as files: valid, short cells, a sentence before each, and all of them set up alike."""

import ast
import glob
import json
import os
import re

import pytest

from helpers.pretraining import hyperparameters
from helpers.tutorial import parameters as table
from helpers.tutorial import presets

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATHS = sorted(glob.glob(os.path.join(ROOT, "notebooks", "*.ipynb")))
MAIN = os.path.join(ROOT, "notebooks", "electra_spanish.ipynb")
MAX_CODE_LINES, MAX_FORM_LINES, MAX_LINE = 15, 16, 100
ARTICLE = dict(
    data_dir="./data", train_size=1000000, model_name="electra-spanish", corpus="opensubtitles:es", seed=0,
    vocab="bert-base-multilingual-cased", tensorflow="auto", one_sentence_per_example=False,
)  # fmt: skip
ARTICLES_HPARAMS = dict(
    model_size="small", max_seq_length=128, num_train_steps=100, train_batch_size=32, learning_rate=5e-4, seed=0
)


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def source(cell):
    return "".join(cell["source"])


def cells(path, kind):
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == kind]


def parameters(path):
    """The names and values of the notebook's parameters cell, and the cell."""
    (cell,) = [cell for cell in cells(path, "code") if "parameters" in cell["metadata"].get("tags", [])]
    values = {}
    exec(source(cell), values)
    return {name: value for name, value in values.items() if name.isupper()}, cell


@pytest.fixture(params=PATHS, ids=[os.path.basename(path) for path in PATHS])
def path(request):
    return request.param


def test_valid_and_openable_everywhere(path):
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.nbformat == 4 and notebook.metadata.kernelspec.name == "python3"
    names = [cell.id for cell in notebook.cells]
    assert len(set(names)) == len(names) and all(re.match(r"^[a-z0-9-]{3,}$", name) for name in names)


def test_code_cells_are_short(path):
    for cell in cells(path, "code"):
        lines = source(cell).split("\n")
        form = "parameters" in cell["metadata"].get("tags", [])
        assert len(lines) <= (MAX_FORM_LINES if form else MAX_CODE_LINES), cell["id"]
        if not form:  # a form has a field's choices on its line
            assert max(map(len, lines)) <= MAX_LINE, cell["id"]
        assert "pip install" not in source(cell) and "import *" not in source(cell)
        ast.parse(source(cell))


def test_a_sentence_before_each_cell_and_after_each_figure(path):
    before = None
    for cell in read(path)["cells"]:
        if before is not None:
            if cell["cell_type"] == "code":
                assert before["cell_type"] == "markdown", "no word before %s" % cell["id"]
            if before["cell_type"] == "code" and re.search(
                r"^\s*(display\()?(\w*plots|widgets)\.", source(before), re.M
            ):
                assert source(cell).startswith("*What to see.*"), "no word after %s" % before["id"]
        before = cell
    assert before["cell_type"] == "markdown"


def test_all_notebooks_are_set_up_alike(path):
    assert source(cells(path, "code")[0]) == source(cells(MAIN, "code")[0])


def test_set_up_finds_the_project_and_says_what_is_missing(path, tmp_path, monkeypatch):
    code = source(cells(path, "code")[0])
    monkeypatch.setattr("sys.path", list(__import__("sys").path))
    monkeypatch.chdir(os.path.join(ROOT, "notebooks"))
    found = {}
    exec(code, found)
    assert str(found["root"]) == ROOT == os.getcwd()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="Set PROJECT"):
        exec(code, {})
    nowhere = "file://%s/nowhere" % tmp_path
    with pytest.raises(SystemExit, match="(?s)nowhere cannot be fetched: .*does not"):
        exec(code.replace("https://github.com/OWNER/REPO", nowhere), {})
    assert not (tmp_path / "electra-spanish").exists()


def test_the_articles_parameters_are_the_defaults():
    values, _ = parameters(MAIN)
    for preset in (values["PRESET"], ""):
        settings = presets.load(preset, values)
        assert {name: getattr(settings, name) for name in ARTICLE} == ARTICLE
        assert settings.hparams == ARTICLES_HPARAMS


def test_the_form_is_the_tables(path):
    """Each field of a form has a row in the one table of parameters, and a value of its kind."""
    values, cell = parameters(path)
    assert not set(values) - set(table.TABLE)
    table.check(values)
    for name, value in values.items():
        if path == MAIN:
            usual = table.TABLE[name].default
            assert value == ("" if usual is None and name != "HPARAMS" else usual or {}), name
    for line in source(cell).split("\n"):
        form = re.search(r"# @param (\[.*?\])?\s*(\{.*\})?$", line)
        assert form and form.group(0).strip() != "# @param", line
        assert not form.group(1) or json.loads(form.group(1))


@pytest.mark.parametrize("name", presets.names())
def test_presets_can_be_trained(name):
    settings = presets.load(name)
    hyperparameters.resolve(settings.hparams)
    assert set(presets.read(name)) <= set(table.OF_PRESETS)
