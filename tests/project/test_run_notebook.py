"""Running a notebook and keeping what it shows: parameters out of sight, outputs whole, mistakes in a sentence."""

import json
import subprocess
import sys

import pytest

from tools import make_notebooks, notebook_files

pytest.importorskip("papermill")
PICTURE = "from IPython.display import display\ndisplay({'image/png': 'iVBORw0KGgo=', 'text/plain': 'a dot'}, raw=True)"


def notebook(*sources):
    cells = [
        dict(cell_type="code", id="cell-%d" % n, metadata={}, source=source, outputs=[], execution_count=7)
        for n, source in enumerate(sources)
    ]
    cells[0]["metadata"]["tags"] = ["parameters"]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return dict(cells=cells, metadata={"kernelspec": kernel}, nbformat=4, nbformat_minor=5)


def run(folder, *sources, **parameters):
    notebook_files.write(str(folder / "a.ipynb"), notebook(*sources))
    command = [sys.executable, "-m", "helpers.tutorial.runner", str(folder / "a.ipynb"), str(folder / "b.ipynb")]
    command += ["--parameters", json.dumps(parameters)]
    done = subprocess.run(command, cwd=notebook_files.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stderr.decode(), folder / "b.ipynb"


def test_parameters_are_set_and_all_is_measured(tmp_path):
    code, said, path = run(tmp_path, "A, B = 1, 2\nC = 3", PICTURE, "import time; time.sleep(1); print(A, B, C)", C=[4])
    assert code == 0, said
    made = notebook_files.read(str(path))
    assert notebook_files.source(made["cells"][0]) == "A, B = 1, 2\nC = 3"
    assert made["cells"][1]["metadata"]["tags"] == ["injected-parameters"]
    assert "".join(made["cells"][3]["outputs"][0]["text"]) == "1 2 [4]\n"
    make_notebooks.keep(
        str(tmp_path / "a.ipynb"), dict(made, metadata={"run": dict(made["metadata"]["run"], alone=True)})
    )
    kept = notebook_files.read(str(tmp_path / "a.ipynb"))["cells"]
    assert [(cell["id"], cell["execution_count"]) for cell in kept] == [("cell-0", 1), ("cell-1", 2), ("cell-2", 3)]
    assert kept[2]["outputs"] == made["cells"][3]["outputs"], "what was set stays out of sight"
    measured = made["metadata"]["run"]
    assert measured["parameters"] == {"C": [4]} and measured["memory_mb"] > 10
    assert measured["seconds"]["cell-2"] >= measured["first_sign"]["cell-2"] >= 1
    assert 0 < measured["first_picture"] <= measured["total"]


def test_a_failing_cell_is_one_sentence(tmp_path):
    code, said, path = run(tmp_path, "A = 1", "print(5)\n1 / 0", "print('never')")
    last = said.strip().splitlines()[-1]
    assert code == 1 and last.startswith("error: Cell 2 of a.ipynb failed (ZeroDivisionError"), said
    made = {cell["id"]: cell for cell in notebook_files.read(str(path))["cells"]}
    assert "".join(made["cell-1"]["outputs"][0]["text"]) == "5\n" and not made["cell-2"]["outputs"]


def test_an_unknown_parameter_is_one_sentence(tmp_path):
    code, said, _ = run(tmp_path, "A = 1", B=2)
    assert code == 1 and said == "error: a.ipynb has no parameter B: it has A\n"


HEAD = "**How long it takes:** a while, or more. This notebook's own Python needs X."
MADE = dict(
    total=125.0, first_picture=61.2, memory_mb=912, load=1.2, cores=2, alone=True, seconds={"prepare": 42},
    parameters={},
)  # fmt: skip


def kept(folder, output, **made):
    before, after = notebook("A = 1"), notebook("A = 1")
    head = dict(cell_type="markdown", id="title", metadata={}, source="# T\n\n" + HEAD + "\n\nEnd.")
    before["cells"].insert(0, head)
    after["cells"].insert(0, head)
    after["cells"][1].update(execution_count=1, outputs=[dict(output_type="stream", name="stdout", text=output)])
    after["metadata"]["run"] = dict(MADE, seconds={"cell-0": 1}, first_sign={"cell-0": 1}, **made)
    notebook_files.write(str(folder / "a.ipynb"), before)
    make_notebooks.keep(str(folder / "a.ipynb"), after)
    return notebook_files.read(str(folder / "a.ipynb"))


def test_outputs_and_measurements_are_kept(tmp_path):
    found = kept(tmp_path, "all is in ./data\n")
    assert found["cells"][1]["outputs"][0]["text"] == "all is in ./data\n"
    assert found["metadata"]["made"]["code"] == notebook_files.code_hash(found)
    assert "**How long it takes:** 3 minutes on" in notebook_files.source(found["cells"][0])
    assert notebook_files.source(found["cells"][0]).endswith("a GPU busy. This notebook's own Python needs X.\n\nEnd.")


def test_an_absolute_path_is_not_kept(tmp_path):
    with pytest.raises(SystemExit, match="a.ipynb holds an absolute path, /home/"):
        kept(tmp_path, "all is in /home/ana/data\n")
    assert notebook_files.read(str(tmp_path / "a.ipynb"))["cells"][1]["outputs"] == []


def test_measurements_in_words():
    words = make_notebooks.how_long(MADE)
    assert "3 minutes on 2 CPU cores, 50 seconds of them to make what it needs from earlier notebooks; 0.9 GB" in words
    assert "busy machine" not in words and "busy machine" in make_notebooks.how_long(dict(MADE, load=9.0))
    assert "have been run" not in words and "have been run" in make_notebooks.how_long(dict(MADE, alone=False))
    assert make_notebooks.measured(MADE) == "3 minutes | 70 seconds | 0.9 GB"
    assert make_notebooks.measured(dict(MADE, load=9.0, alone=False)).startswith("under 3 minutes* |")
    assert make_notebooks.measured(dict(MADE, first_picture=None)) == "3 minutes | none | 0.9 GB"


def test_a_kernel_that_dies_is_one_sentence(tmp_path):
    code, said, _ = run(tmp_path, "A = 1", "import os; os.kill(os.getpid(), 9)")
    assert code == 1 and said.strip().splitlines()[-1].startswith("error: The kernel of a.ipynb died")
    assert "Traceback" not in said


def test_readme_gets_the_measurements_of_what_was_measured(monkeypatch, tmp_path):
    for name, made in (("1_method", MADE), ("2_data", None)):
        notebook_files.write(str(tmp_path / (name + ".ipynb")), dict(metadata=dict(made=made) if made else {}))
    paths = [str(tmp_path / "1_method.ipynb"), str(tmp_path / "2_data.ipynb")]
    monkeypatch.setattr(notebook_files, "paths", lambda: paths[1:])
    rows = "| [1_method](notebooks/1_method.ipynb) | a |\n| [2_data](notebooks/2_data.ipynb) | b |\n\nEnd | of it\n"
    text = "# T\n\n| Notebook | What it does |\n|---|---|\n" + rows
    assert make_notebooks.readme(text) == text  # nothing was measured yet
    monkeypatch.setattr(notebook_files, "paths", lambda: paths)
    once = make_notebooks.readme(text)
    assert "| What it does | Time | First picture | Memory |\n|---|---|---|---|---|\n" in once
    assert "| a | 3 minutes | 70 seconds | 0.9 GB |\n" in once and "| b | – | – | – |\n\nEnd | of it\n" in once
    assert make_notebooks.readme(once) == once


@pytest.mark.parametrize(
    "arguments, said", [(["7_none"], "there is no notebook 7_none; there are electra_spanish, 1_")]
)
def test_a_notebook_that_is_not_there_is_named(arguments, said):
    command = [sys.executable, "tools/make_notebooks.py", *arguments]
    done = subprocess.run(command, cwd=notebook_files.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 1 and done.stderr.decode().startswith("error: " + said) and not done.stdout
