"""A user who may not write, or not reach what another user has made, gets a sentence and no traceback."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile

import pytest

from helpers.environment import venvs
from helpers.tutorial import __main__ as tutorial

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOBODY = 65534
COMMANDS = {"env": [], "tutorial": [], "links": ["REPO=ana/electra"], "lock": []}


def become_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


@pytest.fixture
def project():
    """A copy of the project that the user of :func:`make` may read and not change."""
    folder = tempfile.mkdtemp(prefix="rights-")  # pytest's own folders let nobody else in
    for name in ("helpers", "notebooks", "tools"):
        shutil.copytree(os.path.join(ROOT, name), os.path.join(folder, name))
    for name in os.listdir(ROOT):
        if os.path.isfile(os.path.join(ROOT, name)):
            shutil.copy(os.path.join(ROOT, name), folder)
    rights(folder, stat.S_IRUSR | stat.S_IXUSR)
    yield folder
    rights(folder, stat.S_IRWXU)
    shutil.rmtree(folder)


def rights(folder, owners):
    """Give the owner, if he is not root who may do all, and everybody else the rights to look into ``folder``."""
    for place, _, names in os.walk(folder):
        os.chmod(place, owners | 0o055)
        for name in names:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                os.chmod(path, 0o644 if owners & stat.S_IWUSR else 0o444)


def make(project, target, *arguments):
    """What ``make target`` says to a user without rights, on a Python that he may start."""
    python, drop = sys.executable, None
    if os.getuid() == 0:
        python, drop = "/usr/bin/python3", become_nobody
        may = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 8))"]
        if not os.path.exists(python) or subprocess.run(may, preexec_fn=drop).returncode:
            pytest.skip("no Python that a user without rights may start")
    settings = dict(HOME="/nowhere", PATH="/usr/bin:/bin", PYTHONDONTWRITEBYTECODE="1")
    command = ["make", "-C", project, target, f"PYTHON3={python}", *arguments]
    ran = subprocess.run(command, env=settings, preexec_fn=drop, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = ran.stdout.decode()
    assert ran.returncode and "Traceback" not in said, said
    return next(line for line in said.splitlines() if line.startswith("error: "))


@pytest.mark.parametrize("target", sorted(COMMANDS))
def test_a_project_that_may_not_be_changed(project, target):
    said = make(project, target, *COMMANDS[target])
    assert project in said and ("you may not write to" in said or "Permission denied" in said)
    assert target in ("links", "lock") or "copy the project into a folder of your own" in said


@pytest.mark.parametrize("hidden", ["the folder", "the Python"])
def test_an_environment_of_another_user_that_is_out_of_reach(project, hidden, tmp_path):
    """Its Python lies, as pyenv's does, in the home of the user who made it."""
    house = venvs.TENSORFLOW_1
    folder = os.path.join(project, house.folder)
    os.chmod(project, 0o755)
    os.makedirs(os.path.join(folder, "bin"))
    home = tempfile.mkdtemp(dir=project)
    shutil.copy(shutil.which("true"), os.path.join(home, "python"))
    os.symlink(os.path.join(home, "python"), os.path.join(folder, "bin", "python"))
    with open(os.path.join(folder, venvs.MARKER), "w") as file:
        lock = venvs.sha256(os.path.join(project, f"{house.name}.lock"))
        file.write('{"state": "ready", "tensorflow": "1.15", "lock": "%s"}' % lock)
    os.chmod(home, 0o000)
    os.chmod(folder, 0o000 if hidden == "the folder" else 0o555)
    try:
        said = make(project, "tutorial")
    finally:
        os.chmod(home, 0o755)
        os.chmod(folder, 0o755)
    place = folder if hidden == "the folder" else os.path.join(home, "python")
    assert f"{folder} is an environment that another user has made, and you may not reach {place}" in said
    assert os.path.exists(os.path.join(folder, venvs.MARKER))  # it is not made anew


@pytest.mark.parametrize(
    "folder, cause", [("/dev/null/out", ": Not a directory; "), ("/proc/nowhere", ": No such file or directory; ")]
)
def test_an_output_folder_that_cannot_be_made(capsys, folder, cause):
    if not os.path.isdir("/proc/self"):
        pytest.skip("no /proc")
    assert tutorial.main(["--output-dir", folder]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {folder}") and cause in said and said.count("\n") == 1
    assert "--output-dir names another folder" in said
