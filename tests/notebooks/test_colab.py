"""The notebooks in kernels like Colab's, each from a fresh machine: nothing there but the set-up cell's address.

Run by ``make test-colab``, which takes minutes: the first time it makes the kernels (tools/test_environments.py).
"""

import glob
import json
import os
import shutil
import subprocess
import sys

import pytest

from tools import notebook_files, test_environments

pytestmark = pytest.mark.colab
ROOT = notebook_files.ROOT
STAND_IN = os.path.join(ROOT, "tests", "colab")
NAMES = sorted(os.path.splitext(os.path.basename(path))[0] for path in notebook_files.paths())  # 1_method is first
# Needs PyTorch in the kernel itself: the others leave it to the environment that TensorFlow 1.15 lives in.
WITH_PYTORCH = [name for name in NAMES if name.split("_")[0] not in ("2", "3", "4")]
QUICK = dict(
    CORPUS="sample", TRAIN_SIZE=3000, VOCAB="train:600", MODEL_SIZE="tiny", MAX_SEQ_LENGTH=32,
    ONE_SENTENCE_PER_EXAMPLE=True, NUM_TRAIN_STEPS=20, TRAIN_BATCH_SIZE=16, LEARNING_RATE=0.002,
    HPARAMS={"mask_prob": 0.25, "num_eval_steps": 4, "eval_batch_size": 32},
)  # fmt: skip
BINDERS_MEMORY_MB = 2000
EQUAL_NUMBERS = ["electra", "elementwise", "masking", "optimization", "output_layer", "tokenization", "records"]
OF_PYTORCH = ["convert", "discriminator"]
SMALL = dict(
    PRESET="seconds", COMPARISON_STEPS=4, MEGABYTES=[0.1, 1], NUM_TRAIN_STEPS=6, ROUNDS=1, SIZES=[10, 30], SEEDS=[0],
    OBJECTIVE_STEPS=[4, 8],
)  # fmt: skip
# What Colab sets for its kernel, and what a child on another Python must not be led astray by.
COLAB = dict(
    COLAB_RELEASE_TAG="release-colab-external", MPLBACKEND="module://matplotlib_inline.backend_inline", PAGER="cat",
    PYTHONPATH=STAND_IN, PYTHONUTF8="1", TF_FORCE_GPU_ALLOW_GROWTH="true", CLICOLOR="1", CUDA_VISIBLE_DEVICES="",
)  # fmt: skip


def kernel(name):
    try:
        return test_environments.make(name)
    except test_environments.NoPython as reason:
        pytest.skip(str(reason))


def git(*arguments, cwd=None):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, stdout=subprocess.PIPE).stdout.decode()


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """The address of a repository with this project as it lies here, and a preset of seconds."""
    folder = tmp_path_factory.mktemp("repository")
    for name in git("ls-files", "--cached", "--others", "--exclude-standard", cwd=ROOT).splitlines():
        if os.path.isfile(os.path.join(ROOT, name)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.path.join(ROOT, name), str(folder / name))
    (folder / "notebooks" / "presets" / "seconds.json").write_text(json.dumps(QUICK))
    git("init", "-q", cwd=str(folder))
    git("add", "-A", cwd=str(folder))
    git("commit", "-q", "-m", "project", cwd=str(folder))
    return "file://%s" % folder


class Machine:
    """A fresh machine: a folder ``content`` with nothing in it, a kernel, and what Colab sets for it."""

    def __init__(self, python, folder, project, **environment):
        self.python, self.folder, self.project = python, folder, project
        self.content = folder / "content"
        self.content.mkdir()
        cleared = {name: value for name, value in os.environ.items() if not name.startswith(("ELECTRA_", "PYTEST"))}
        self.environment = dict(cleared, **dict(COLAB, **environment))

    def run(self, name, **parameters):
        """Open a notebook as Colab does, apart from its project, and run it; gives ``(code, last line, notebook)``."""
        notebook = notebook_files.read(os.path.join(ROOT, "notebooks", name + ".ipynb"))
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        line = 'PROJECT = "%s"' % self.project
        notebook_files.set_source(code[0], notebook_files.PROJECT_LINE.sub(line, notebook_files.source(code[0])))
        notebook_files.set_source(code[0], notebook_files.source(code[0]) + "\nimport google.colab")
        (form,) = [cell for cell in code if "parameters" in cell["metadata"].get("tags", [])]
        known = [line.split(" = ")[0] for line in notebook_files.source(form).splitlines()]
        given = {key: value for key, value in dict(SMALL, **parameters).items() if key in known}
        opened, output = str(self.folder / (name + ".ipynb")), str(self.folder / (name + "-run.ipynb"))
        notebook_files.write(opened, notebook)
        command = [self.python, "-m", "helpers.tutorial.runner", opened, output]
        done = subprocess.run(
            command + ["--cwd", str(self.content), "--parameters", json.dumps(given)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        said = done.stdout.decode("utf-8", "replace").strip()
        return done.returncode, said[-3000:], notebook_files.read(output)

    def installed(self):
        """What is installed in the kernel's own Python."""
        command = [self.python, "-I", "-m", "pip", "freeze"]
        return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def check(code, said, notebook):
    """A notebook that ran as it should: no error, nothing on stderr, the environment named."""
    assert code == 0, said
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    stray = [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert not stray
    assert 50 < notebook["metadata"]["run"]["memory_mb"] < BINDERS_MEMORY_MB
    text = "".join("".join(output.get("text", [])) for output in outputs)
    assert "Notebook    Python" in text and "Device      CPU" in text
    return text


@pytest.fixture(scope="module")
def plain(tmp_path_factory, project):
    """Python 3.13 without PyTorch; TensorFlow is the one that runs these tests."""
    python = kernel("plain")
    machine = Machine(python, tmp_path_factory.mktemp("plain"), project, ELECTRA_TF_PYTHON=sys.executable)
    return machine, machine.installed()


@pytest.fixture(scope="module")
def learning(tmp_path_factory, project):
    """Python 3.11 with TensorFlow 2.x, PyTorch and transformers 5.x, and no other interpreter to be found."""
    python = kernel("learning")
    folder = tmp_path_factory.mktemp("learning")
    machine = Machine(python, folder, project, PATH="/usr/bin:/bin", PYENV_ROOT="/nowhere", HOME=str(folder))
    return machine, machine.installed()


@pytest.mark.parametrize("name", [name for name in NAMES if name not in WITH_PYTORCH])
def test_python_3_13_without_pytorch(plain, name):
    machine, before = plain
    settings = dict(TENSORFLOW="auto", INTERACTIVE=False)
    if name.startswith("3"):  # on Google Drive, as the notebook advises for a run of days
        settings.update(DATA_DIR=str(machine.folder / "drive" / "MyDrive" / "electra-spanish"))
    text = check(*machine.run(name, **settings))
    assert "Notebook    Python 3.13." in text and str(sys.executable) in text
    assert machine.installed() == before  # nothing was installed into the kernel


def test_python_3_13_has_widgets(plain):
    """With no one to press them: their pictures are drawn and their buttons are there."""
    machine, _ = plain
    _, said, notebook = machine.run("1_method", TENSORFLOW="auto", INTERACTIVE=True)
    assert "this Python has no torch" in json.dumps(notebook["cells"]), said  # in its last section: all else has run
    kinds = [
        kind for cell in notebook["cells"] for output in cell.get("outputs", []) for kind in output.get("data", {})
    ]
    assert "application/vnd.jupyter.widget-view+json" in kinds


@pytest.mark.parametrize("name", WITH_PYTORCH)
def test_without_pytorch_there_is_one_sentence(plain, name):
    machine, _ = plain
    _, said, notebook = machine.run(name, TENSORFLOW="auto", INTERACTIVE=False)
    shown = json.dumps(notebook["cells"])
    assert "this Python has no torch: pip install torch transformers" in shown, said
    assert "Traceback" not in "".join(said)


def test_all_modules_are_imported_on_python_3_13(plain):
    machine, _ = plain
    paths = glob.glob(os.path.join(ROOT, "helpers", "**", "*.py"), recursive=True)
    names = [os.path.relpath(path, ROOT)[:-3].replace(os.sep, ".").replace(".__init__", "") for path in paths]
    graph = ("helpers.pretraining.network", "helpers.pretraining.training")  # what TensorFlow's process runs
    code = "import %s" % ", ".join(sorted(n for n in names if not n.startswith(graph) and not n.endswith("__main__")))
    assert code.count("helpers.") > 60
    ran = subprocess.run([machine.python, "-c", code], cwd=ROOT, env=machine.environment, stderr=subprocess.PIPE)
    assert ran.returncode == 0, ran.stderr.decode()


@pytest.mark.parametrize("name", NAMES)
def test_the_kernels_own_tensorflow(learning, name):
    machine, before = learning
    text = check(*machine.run(name, TENSORFLOW="kernel", INTERACTIVE=False))
    assert "Notebook    Python 3.11." in text and "TensorFlow  2.20" in text
    assert not glob.glob(str(machine.content / "electra-spanish" / ".venv*"))  # no environment was made
    assert machine.installed() == before


@pytest.mark.parametrize("name, tests", [("learning", EQUAL_NUMBERS + OF_PYTORCH), ("newest", EQUAL_NUMBERS)])
def test_equal_numbers_with_the_kernels_own_tensorflow(name, tests):
    """Children run on the same Python."""
    python = kernel(name)
    paths = [glob.glob(os.path.join(ROOT, "tests", "*", "test_%s.py" % test))[0] for test in tests]
    ran = subprocess.run(
        [python, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider"] + paths,
        cwd=ROOT,
        env=dict(os.environ, ELECTRA_TF_PYTHON=python, CUDA_VISIBLE_DEVICES=""),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = ran.stdout.decode("utf-8", "replace")
    assert ran.returncode == 0, said[-3000:]
    assert " passed" in said.strip().splitlines()[-1] and "could not import" not in said


def test_binder_builds_from_conda_with_python_3_7():
    """repo2docker's own word on which build pack and which Python it takes; it builds nothing."""
    command = [kernel("binder"), "-m", "repo2docker", "--no-build", "--debug", ROOT]
    ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = ran.stdout.decode("utf-8", "replace")
    assert ran.returncode == 0, said[-2000:]
    assert "Building conda environment for python=3.7" in said
    assert "binder/environment.yml" in said and "RUN ./binder/postBuild" in said
