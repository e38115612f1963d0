"""The notebooks as a reader meets them: served by JupyterLab, in headless Chromium, with a hand on their widgets.

Run by ``make test-browser``; wants a Chromium on the machine.  Screenshots lie in build/browser/ afterwards.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
import turkish
from test_colab import QUICK, SMALL

from tools import notebook_files, test_environments

pytestmark = pytest.mark.browser
ROOT = notebook_files.ROOT
PICTURES = os.path.join(ROOT, "build", "browser")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
NAMES = sorted(os.path.basename(path) for path in notebook_files.paths())
SETTINGS = dict(QUICK, HPARAMS=dict(QUICK["HPARAMS"], eval_steps=300))
STEPS = 400  # long enough to be interrupted in the midst of them


@pytest.fixture(scope="session")
def chromium():
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt install chromium)")
    return found


@pytest.fixture(scope="session")
def playwright():
    try:
        return test_environments.make("browser")
    except test_environments.NoPython as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A copy of the project whose notebooks are set to a preset of seconds."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("benchmarks", "helpers", "notebooks"):
        shutil.copytree(os.path.join(ROOT, name), str(folder / name))
    for name in os.listdir(ROOT):
        if name.startswith("requirements"):
            shutil.copy(os.path.join(ROOT, name), str(folder))
    (folder / "notebooks" / "presets" / "seconds.json").write_text(json.dumps(SETTINGS))
    changes = dict(SMALL, COMPARISON_STEPS=40, NUM_TRAIN_STEPS=STEPS)
    for path in sorted((folder / "notebooks").glob("*.ipynb")):
        notebook = notebook_files.read(str(path))
        form = notebook_files.parameters(notebook)
        lines = notebook_files.source(form).splitlines()
        for name, value in changes.items():
            lines += ["%s = %r" % (name, value)] if any(line.startswith(name + " = ") for line in lines) else []
        notebook_files.set_source(form, "\n".join(lines))
        for cell in notebook["cells"]:  # it is a press of ■ that ends the first training, not the clock
            notebook_files.set_source(cell, notebook_files.source(cell).replace("max_seconds=12", "max_seconds=36000"))
        notebook_files.write(str(path), notebook)
    return folder


@pytest.fixture(scope="session")
def address(project, tmp_path_factory):
    """JupyterLab in the copy, with nothing of the user's settings; gives its address."""
    pytest.importorskip("jupyterlab")
    folder = tmp_path_factory.mktemp("jupyter")
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
                 "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR"):  # fmt: skip
        environment[name] = str(folder / name.lower())
    environment["TMPDIR"] = str(folder / "tmp")  # where a TensorBoard notes that it runs
    (folder / "tmp").mkdir()
    news = folder / "jupyterlab_settings_dir" / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    specification = {"argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]}
    (folder / "kernels" / "python3").mkdir(parents=True)
    (folder / "kernels" / "python3" / "kernel.json").write_text(
        json.dumps(dict(specification, display_name="Python 3", language="python"))
    )
    environment["JUPYTER_PATH"] = str(folder)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=%d" % port]
    command += ["--ServerApp.token=", "--ServerApp.password=", "--ServerApp.port_retries=0"]
    command += ["--LabApp.expose_app_in_browser=True", "--ServerApp.root_dir=%s" % project]
    with open(str(folder / "log"), "wb") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=str(project))
    try:
        url = "http://127.0.0.1:%d" % port
        for _ in range(600):
            assert server.poll() is None, (folder / "log").read_text()[-2000:]
            try:
                urllib.request.urlopen(url + "/api/status", timeout=5)
                break
            except OSError:
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait()
        for note in (folder / "tmp").glob(".tensorboard-info/pid-*.info"):  # it outlives the kernel that began it
            with contextlib.suppress(OSError):
                os.kill(json.loads(note.read_text())["pid"], signal.SIGTERM)


@pytest.fixture
def play(address, chromium, playwright, project):
    """Plays with a notebook; gives what happened and the notebook as it was saved."""

    def play(name):
        os.makedirs(PICTURES, exist_ok=True)
        script = os.path.join(ROOT, "tests", "browser", "play.py")
        command = [playwright, script, chromium, address, "notebooks/" + name, PICTURES]
        ran = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert ran.returncode == 0, ran.stderr.decode()[-3000:]
        return json.loads(ran.stdout.decode()), notebook_files.read(str(project / "notebooks" / name))

    return play


def figures(notebook):
    """The code cells that end in a figure."""
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [cell for cell in code if re.match(r"\w*plots\.", notebook_files.source(cell).rstrip().splitlines()[-1])]


def has_picture(cell):
    return any("image/png" in output.get("data", {}) for output in cell["outputs"])


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_in_the_browser(play, name):
    said, notebook = play(name)
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert said["prompts"] == list(range(1, len(said["prompts"]) + 1)) and not said["errors"] + said["problems"]
    assert said["broken"] == 0 and all(map(has_picture, figures(notebook)))
    if name.startswith("1"):
        assert said["moved"] and said["sampled"] and said["told"][0] != said["told"][1]
    if name.startswith("3"):  # the interrupted cell ended well, and the next one went on from there to the end
        text = "".join("".join(output.get("text", "")) for output in outputs)
        (step,) = re.findall(r"^step (\d+) of %d$" % STEPS, text, re.MULTILINE)
        assert 0 < int(step) < STEPS and "step %d of %d, finished: True" % (STEPS, STEPS) in text
        assert "stopped" in said["stopped"] and "All %d steps" % STEPS not in said["stopped"]
    if name.startswith("5"):
        assert said["words"] == "Los perros están cantando".split() and said["swapped"]
        assert said["sentence"].startswith("Los perros están ") and not said["sentence"].endswith("cantando")


def test_another_language_in_the_browser(play, project):
    """Notebook 7 with Turkish in place of Spanish."""
    text, name = project / "turkish.txt", "7_turkish.ipynb"
    text.write_text(turkish.text(), encoding="utf-8")
    notebook = notebook_files.read(str(project / "notebooks" / "7_your_language.ipynb"))
    form = notebook_files.parameters(notebook)
    given = dict(LANGUAGE="tr", CORPUS=str(text), TRAIN_SIZE="all", MODEL_SIZE="tiny", VOCAB="train:600")
    lines = [notebook_files.source(form)] + ["%s = %r" % each for each in given.items()]
    notebook_files.set_source(form, "\n".join(lines))
    notebook_files.write(str(project / "notebooks" / name), notebook)
    said, notebook = play(name)
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"]
    assert not said["errors"] + said["problems"] and said["broken"] == 0 and all(map(has_picture, figures(notebook)))
    text = "".join("".join(output.get("text", "")) for output in outputs)
    assert "The text is not Spanish" in text and "ELECTRA discriminator" in text


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_as_a_page(name, chromium, playwright, tmp_path):
    """As HTML, light and dark: all fits the page, and every figure is there."""
    nbconvert, nbformat = pytest.importorskip("nbconvert"), pytest.importorskip("nbformat")
    os.makedirs(PICTURES, exist_ok=True)
    notebook = nbformat.read(os.path.join(ROOT, "notebooks", name), as_version=4)
    for theme in ("light", "dark"):
        body, _ = nbconvert.HTMLExporter(theme=theme).from_notebook_node(notebook)
        (tmp_path / name.replace(".ipynb", "-%s.html" % theme)).write_text(body, encoding="utf-8")
    script, page = os.path.join(ROOT, "tests", "browser", "shoot.py"), str(tmp_path / name.replace(".ipynb", ".html"))
    ran = subprocess.run([playwright, script, chromium, page, PICTURES], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert ran.returncode == 0, ran.stderr.decode()[-3000:]
    found = json.loads(ran.stdout.decode())
    assert not found["wide"] and not found["broken"], found
    figures = [c for c in notebook.cells for o in c.get("outputs", []) if "image/png" in o.get("data", {})]
    assert found["pictures"] == len(figures)
