"""The notebooks as files: valid, short cells, a sentence before each, and all of them set up alike."""

import ast
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import types
import zipfile

import pytest

from helpers.pretraining import hyperparameters
from helpers.tutorial import presets
from helpers.tutorial.presets import parameters as table
from tools import make_notebooks

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PATHS = sorted(glob.glob(os.path.join(ROOT, "notebooks", "*.ipynb")))
MAIN = os.path.join(ROOT, "notebooks", "electra_spanish.ipynb")
MAX_CODE_LINES, MAX_LINE = 15, 100
MAX_FOLDED_LINES = 25  # of the set-up, which is folded, and of a form, whose fields have a line each
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
        folded = "parameters" in cell["metadata"].get("tags", []) or cell["metadata"].get("cellView") == "form"
        assert len(lines) <= (MAX_FOLDED_LINES if folded else MAX_CODE_LINES), cell["id"]
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
    first, usual = cells(path, "code")[0], cells(MAIN, "code")[0]
    assert source(first) == source(usual) and first["metadata"] == usual["metadata"]
    folded = first["metadata"]["cellView"] == "form" and first["metadata"]["jupyter"]["source_hidden"]
    assert folded and source(first).startswith(
        '# @title Set-up {display-mode: "form"}\n'
    )  # Colab's way, and JupyterLab's


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder without the project, and what a set-up cell changes put back at the end."""
    monkeypatch.setattr("sys.path", list(sys.path))
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_set_up_finds_the_project_and_says_what_is_missing(path, elsewhere, monkeypatch):
    code = source(cells(path, "code")[0])
    monkeypatch.chdir(os.path.join(ROOT, "notebooks"))
    found = {}
    exec(code, found)
    assert str(found["root"]) == ROOT == os.getcwd()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(SystemExit, match="not here: set PROJECT, or put electra-spanish.zip beside this"):
        exec(code, {})
    nowhere = "file://%s/nowhere" % elsewhere
    with pytest.raises(SystemExit, match="(?s)nowhere cannot be fetched: .*does not"):
        exec(code.replace("https://github.com/OWNER/REPO", nowhere), {})
    assert not (elsewhere / "electra-spanish").exists()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The zip that ``make zip`` makes of a project, here of the committed one."""
    if not os.path.isdir(os.path.join(ROOT, ".git")) and not os.path.isfile(os.path.join(ROOT, ".git")):
        pytest.skip("no git repository")
    path = tmp_path_factory.mktemp("zip") / "electra-spanish.zip"
    subprocess.run(["make", "-s", "zip", f"ZIP={path}"], cwd=ROOT, check=True)
    return path


def test_set_up_unpacks_the_zip_that_make_zip_makes(archive, elsewhere, monkeypatch):
    code = source(cells(MAIN, "code")[0])
    tracked = subprocess.check_output(["git", "ls-tree", "-r", "-z", "--name-only", "HEAD"], cwd=ROOT)
    with zipfile.ZipFile(str(archive)) as found:
        names = {name for name in found.namelist() if not name.endswith("/")}
    assert names == {"electra-spanish/" + name for name in tracked.decode("utf-8").split("\0") if name}
    shutil.copy(str(archive), str(elsewhere / "electra-spanish (1).zip"))  # as a browser calls a second download
    exec(code, {})
    assert os.getcwd() == str(elsewhere / "electra-spanish") == sys.path[0]
    monkeypatch.chdir(elsewhere)
    exec(code, {})  # run again: there it is
    assert os.getcwd() == str(elsewhere / "electra-spanish")


def test_set_up_on_colab_asks_for_the_zip(archive, elsewhere, monkeypatch):
    code, asked = source(cells(MAIN, "code")[0]), []

    def upload():
        asked.append(os.getcwd())
        if len(asked) == 1:
            return {}  # cancelled
        shutil.copy(str(archive), "electra-spanish.zip")
        return {"electra-spanish.zip": b"its bytes"}

    colab = types.ModuleType("google.colab")
    colab.files = types.SimpleNamespace(upload=upload)
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    with pytest.raises(SystemExit, match="The project is not here"):
        exec(code, {})
    exec(code, {})
    assert asked == [str(elsewhere)] * 2 and os.path.isfile("Makefile")


def test_the_main_notebook_runs_to_the_point_and_the_article_is_a_preset():
    values, cell = parameters(MAIN)
    assert values["PRESET"] == presets.DEFAULT == "sample"
    settings = presets.load("article", values)
    assert {name: getattr(settings, name) for name in ARTICLE} == ARTICLE
    assert settings.hparams == ARTICLES_HPARAMS
    (choices,) = re.findall(r"^PRESET = .*# @param (\[.*?\])", source(cell), re.MULTILINE)
    assert sorted(json.loads(choices)) == presets.names(), "the form offers every preset"


def test_the_first_cell_has_a_row_for_each_preset():
    first, made = source(cells(MAIN, "markdown")[0]), read(MAIN)["metadata"]["made"]
    assert make_notebooks.with_presets(first, made) == first
    for name in presets.names():
        assert f"| `{name}`" in first and presets.about(name)["ABOUT"] in first
        assert name == presets.DEFAULT or presets.about(name)["TIME"] in first


def test_the_form_is_the_tables(path):
    """Each field of a form has a row in the one table of parameters, and a value of its kind."""
    values, cell = parameters(path)
    assert not set(values) - set(table.TABLE)
    table.check(values)
    for name, value in values.items():
        if path == MAIN:
            usual = table.TABLE[name].default
            assert value == ({} if name == "HPARAMS" else "" if usual is None else usual), name
    for line in source(cell).split("\n"):
        form = re.search(r"# @param (\[.*?\])?\s*(\{.*\})?$", line)
        assert form and form.group(0).strip() != "# @param", line
        assert not form.group(1) or json.loads(form.group(1))


@pytest.mark.parametrize("name", presets.names())
def test_presets_can_be_trained(name):
    settings = presets.load(name)
    hyperparameters.resolve(settings.hparams)
    assert set(presets.read(name)) <= set(table.OF_PRESETS)
