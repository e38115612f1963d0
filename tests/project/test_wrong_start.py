"""Commands that are started on the wrong Python or in the wrong place say so, and what to do, in one sentence."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tools import horovod, reference_commands

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.mark.parametrize("module", ["helpers.finetuning", "helpers.tutorial", "benchmarks.recipes"])
def test_a_python_without_the_packages(module):
    command = [sys.executable, "-S", "-m", module, "--help"]  # -S: nothing that is installed can be imported
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = done.stderr.decode()
    assert done.returncode == 1 and len(said.splitlines()) == 1 and sys.executable in said
    assert said.startswith("error: this Python, ") and "$(python3 -m helpers.environment --print-python)" in said


@pytest.mark.parametrize(
    "command",
    [
        "helpers.pretraining --data-dir {folder} --model-name m",
        "helpers.data.dataset --corpus-dir gs://b/c --vocab-file gs://b/v --output-dir gs://b/o",
    ],
)
def test_a_python_with_the_packages_and_without_tensorflow(command, tmp_path):
    """What needs it says where it is to be had; what a notebook's kernel calls does without."""
    (tmp_path / "tensorflow.py").write_text("raise ModuleNotFoundError('no such module', name='tensorflow')\n")
    settings = dict(os.environ, PYTHONPATH=str(tmp_path))
    arguments = [sys.executable, "-m", *command.format(folder=tmp_path).split()]
    done = subprocess.run(arguments, cwd=ROOT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = done.stderr.decode()
    assert done.returncode == 1 and said.startswith(f"error: this Python, {sys.executable}, has no tensorflow: "), said
    assert len(said.splitlines()) == 1 and "$(python3 -m helpers.environment --print-python)" in said


def test_a_mistake_in_the_code_keeps_its_traceback(tmp_path):
    shutil.copytree(os.path.join(ROOT, "helpers"), str(tmp_path / "helpers"))
    (tmp_path / "helpers" / "broken.py").write_text("import helpers.nowhere\n")
    command = [sys.executable, "-m", "helpers.broken"]
    done = subprocess.run(command, cwd=str(tmp_path), stderr=subprocess.PIPE)
    assert done.returncode == 1 and "Traceback" in done.stderr.decode() and "helpers.nowhere" in done.stderr.decode()


def test_make_from_another_folder(tmp_path):
    (tmp_path / "build").mkdir()  # of another project
    for target in ("env", "help", "clean", "zip"):
        command = ["make", "-f", os.path.join(ROOT, "Makefile"), target]
        done = subprocess.run(command, cwd=str(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode and "Run make in the project's folder, or name it: make -C" in done.stderr.decode()
    assert os.listdir(str(tmp_path)) == ["build"]


def test_a_zip_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    command = ["make", "zip", "ZIP=%s" % (tmp_path / "file" / "electra.zip")]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = [line for line in done.stderr.decode().splitlines() if not line.startswith("make")]
    assert done.returncode and "electra.zip cannot be written: name a place" in said[0]
    assert len(said) == 1  # and nothing of mkdir's


def test_horovod_in_a_path_with_a_blank(tmp_path):
    """It is built by way of a link, and its programs run afterwards, when that is gone."""
    folder = tmp_path / "mi proyecto" / "bin"
    folder.mkdir(parents=True)
    with horovod._without_blanks(str(folder.parent)) as name:
        assert " " not in name and os.path.samefile(name, str(folder.parent))
        (folder / "horovodrun").write_text("#!%s/bin/python\nimport sys; print(sys.argv[1:])\n" % name)
        (folder / "horovodrun").chmod(0o755)
        (folder / "activate").write_text("# no program\n")
    assert not os.path.lexists(name)
    os.symlink(sys.executable, str(folder / "python"))
    horovod._rename_python(str(folder), str(folder / "python"))
    assert subprocess.check_output([str(folder / "horovodrun"), "-np", "2"]) == b"['-np', '2']\n"
    assert (folder / "activate").read_text() == "# no program\n"
    with horovod._without_blanks("/nowhere/at/all") as name:
        assert name == "/nowhere/at/all"


def test_the_build_of_horovod_in_a_path_with_a_blank(tmp_path, monkeypatch):
    """No command of it names the blank; what it has installed starts when the link is gone.  pip and the compiler
    have a stand-in."""
    project = tmp_path / "mi proyecto"
    project.mkdir()
    folder, started = str(project / ".venv-horovod"), []
    monkeypatch.setattr(horovod, "PROJECT", str(project))
    monkeypatch.setattr(horovod, "FOLDER", folder)
    monkeypatch.setattr(horovod, "MARKER", os.path.join(folder, "electra.json"))
    monkeypatch.setattr(horovod, "LOG", str(project / "build" / "horovod.log"))
    monkeypatch.setattr(horovod, "installed_versions", lambda names: {"tensorflow": "1.15.5"})
    monkeypatch.setattr(shutil, "which", lambda name: name)

    def call(command, **options):
        started.append(command)
        if "venv" in command:
            for name in ("bin", "lib/python%d.%d/site-packages" % sys.version_info[:2]):
                os.makedirs(os.path.join(command[-1], name))
            os.symlink(sys.executable, os.path.join(command[-1], "bin", "python"))
        elif "pip" in command:
            with open(os.path.join(os.path.dirname(command[0]), "horovodrun"), "w") as file:
                file.write("#!%s\nprint('started')\n" % command[0])
            os.chmod(file.name, 0o755)
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    horovod.main()
    *building, check = started
    words = {word for command in building for word in command} - {sys.executable}  # which lies where it lies
    assert building and not [word for word in words if " " in word]
    assert list(check) == [os.path.join(folder, "bin", "python"), "-c", horovod.CHECK]
    assert subprocess.check_output([os.path.join(folder, "bin", "horovodrun")]) == b"started\n"


def test_make_where_the_environments_path_has_a_blank(tmp_path):
    folder = tmp_path / "mi proyecto ñandú"
    (folder / "helpers").mkdir(parents=True)
    shutil.copy(os.path.join(ROOT, "Makefile"), str(folder))
    for name, text in {
        "python3": '#!/bin/sh\n[ "$1" = -c ] || echo "%s/python"\n' % folder,
        "python": '#!/bin/sh\necho "started: $*"\n',
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    (tmp_path / "python3").symlink_to(folder / "python3")
    recipes = re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)+)", (folder / "Makefile").read_text(encoding="utf-8"), re.M)
    targets = [name for name, recipe in recipes if "$$python" in recipe]
    assert {"horovod", "tutorial", "test", "reference"} <= set(targets)
    settings = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    for name in targets:
        command = ["make", "-C", str(folder), f"PYTHON3={tmp_path}/python3", name]
        done = subprocess.run(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0 and b"\nstarted: " in b"\n" + done.stdout, done.stdout.decode()


def test_make_env_names_the_environment_and_not_the_python_it_was_started_on():
    done = subprocess.run([sys.executable, "-m", "helpers.environment"], cwd=ROOT, stdout=subprocess.PIPE)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0 and [line.split()[0] for line in lines] == ["Interpreter", "TensorFlow", "Device"]


def test_a_benchmark_removes_nothing_that_it_has_not_made(tmp_path):
    (tmp_path / "thesis.txt").write_text("years")
    command = [sys.executable, "-m", "benchmarks.load", "--folder", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 1 and "would be removed at the end, and something is in it" in done.stderr.decode()
    assert os.listdir(str(tmp_path)) == ["thesis.txt"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_of_another_encoding(encoding):
    """What it cannot show, such as an ellipsis in Latin-1, is a question mark."""
    command = [sys.executable, "-m", "helpers.data.corpus", "--help"]
    settings = dict(os.environ, PYTHONIOENCODING=encoding)
    done = subprocess.run(command, cwd=ROOT, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0 and not done.stderr
    assert ("tables, …)" if encoding == "utf-8" else "tables, ?)") in done.stdout.decode(encoding)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["helpers.discriminator", "folder", "Hola.", "--threshold", "1.5"], "a probability lies between 0 and 1"),
        (["helpers.discriminator", "folder", "Hola.", "--threshold", "nan"], "a probability lies between 0 and 1"),
        (["helpers.data.corpus", "--source", "sample", "--output-dir", "data", "--train-size", "x"],
         "'x' is neither a number of lines nor \"all\""),
        (["helpers.data.dataset", "--corpus-dir", "c", "--vocab-file", "v", "--output-dir", ""], "it is empty"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_meant_is_refused(arguments, said, tmp_path):
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 2 and said in done.stderr.decode().splitlines()[-1]


# What the benchmark for a GPU starts, whose last words it reports; and what raises nothing of ours.
WITHOUT_A_SENTENCE = {
    "benchmarks.gpu.card", "benchmarks.gpu.equality", "benchmarks.gpu.filler", "benchmarks.gpu.step",
    "benchmarks.torch_peer", "tools.picture", "tests.mutants.__main__", "tools.links",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(reference_commands.modules()) - WITHOUT_A_SENTENCE))
def test_every_program_ends_in_a_sentence(name):
    """A TutorialError becomes a line on stderr, and no traceback."""
    with open(os.path.join(ROOT, *name.split(".")) + ".py", encoding="utf-8") as file:
        text = file.read()
    assert re.search(r"except TutorialError|\b(?:events\.)?run\((?:lambda|work)", text)
