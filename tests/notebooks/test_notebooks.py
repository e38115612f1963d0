"""The notebooks as files: valid, short cells, a sentence before each, and all of them set up alike."""

import ast
import glob
import json
import os
import re

import pytest

from helpers.base.errors import TutorialError
from helpers.pretraining import hyperparameters
from helpers.tutorial import presets

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATHS = sorted(glob.glob(os.path.join(ROOT, "notebooks", "*.ipynb")))
MAIN = os.path.join(ROOT, "notebooks", "electra_spanish.ipynb")
MAX_CODE_LINES, MAX_LINE = 15, 100
ARTICLE = dict(
    DATA_DIR="./data", TRAIN_SIZE=1000000, MODEL_NAME="electra-spanish", CORPUS="opensubtitles:es",
    VOCAB="bert-base-multilingual-cased", MODEL_SIZE="small", MAX_SEQ_LENGTH=128, NUM_TRAIN_STEPS=100,
    TRAIN_BATCH_SIZE=32, LEARNING_RATE=5e-4, TENSORFLOW="auto", PRESET="", HPARAMS={}, ONE_SENTENCE_PER_EXAMPLE=False,
)  # fmt: skip


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
        assert len(lines) <= MAX_CODE_LINES, cell["id"]
        if "parameters" not in cell["metadata"].get("tags", []):  # a form has a field's choices on its line
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
    values, cell = parameters(MAIN)
    assert {name: values[name] for name in ARTICLE} == ARTICLE
    for line in source(cell).split("\n"):
        form = re.search(r"# @param (\[.*?\])?\s*(\{.*\})?$", line)
        assert form and form.group(0).strip() != "# @param", line
        assert not form.group(1) or json.loads(form.group(1))


@pytest.mark.parametrize("name", presets.names())
def test_presets_fit_the_parameters(name):
    values, _ = parameters(MAIN)
    preset = presets.load(name)
    for parameter, value in preset.items():
        assert parameter in values and isinstance(value, type(values[parameter])), parameter
    hyperparameters.resolve(preset["HPARAMS"])
    assert not set(preset["HPARAMS"]) & {"model_size", "max_seq_length", "num_train_steps", "learning_rate", "seed"}


def test_presets_by_name():
    assert presets.load("") == {} and presets.load("sample")["CORPUS"] == "sample"
    texts = dict(CORPUS="texts/", TRAIN_SIZE=5)
    assert presets.load("quick", texts) == dict(presets.load("quick"), **texts), "the text is left to the user"
    with pytest.raises(TutorialError, match="PRESET 'smaple' is not one of: .*sample"):
        presets.load("smaple")
    with pytest.raises(TutorialError):
        presets.load("../presets/sample")
