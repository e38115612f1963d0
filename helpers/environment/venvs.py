"""The project's own environments: made once, whole or not at all, made anew when their lock changes.

``.venv`` holds TensorFlow 1.15 (where that cannot exist: 2.x), ``.venv-tf2`` TensorFlow 2.x.  The file
``electra.json`` in such a folder says that this project made it; ``"state": "ready"`` is written last,
with the hash of the lock file that it was made from.  A folder without it is somebody else's: it is used
when it has what is required, and otherwise put aside, never deleted.

Standard library only.
"""

import contextlib
import errno
import os
import shutil
import sys
import tempfile
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from helpers.base.errors import TutorialError
from helpers.base.files import PROJECT, read_json, sha256, write_json
from helpers.environment import gpu, interpreters, packages, reporting

MARKER = "electra.json"
UV_FOLDER = os.path.join(PROJECT, ".venv-uv")
UV_LOCK = os.path.join(PROJECT, "requirements-uv.lock")
# What the packages that exist only as source are built with, and what that leans on.
INSTALLERS = ("pip", "setuptools", "wheel", "setuptools-scm", "vcs-versioning", "packaging", "tomli",
              "typing-extensions", "importlib-metadata", "zipp")  # fmt: skip
# Where PyTorch's makers publish builds without CUDA, which saves 3 GB where there is no GPU.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
FULL_BYTES = 1 << 24  # a disk with less is full: what failed on it failed for want of room

ELSEWHERE = (
    "copy the project into a folder of your own and run it there, or set ELECTRA_TF_PYTHON to an interpreter that has "
    "TensorFlow 1.15 or 2.x"
)


class House(NamedTuple):
    """An environment: its folder in the project, the name of its requirements files, the version of TensorFlow that it
    holds, and the versions of Python that it can be made from."""

    folder: str
    name: str
    tensorflow: str
    pythons: Tuple[str, ...]


TENSORFLOW_1 = House(".venv", "requirements", "1.15", ("3.7",))
TENSORFLOW_2 = House(".venv-tf2", "requirements-tf2", "2", ("3.13", "3.12", "3.11", "3.10"))


class NoInterpreter(TutorialError):
    """No Python that an environment could be made from; lists the ways that were tried."""


def folder_of(house: House) -> str:
    """The environment's folder."""
    return os.path.join(PROJECT, house.folder)


def python_of(house: House) -> str:
    """The environment's interpreter."""
    return os.path.join(folder_of(house), "bin", "python")


def lock_of(house: House) -> str:
    """The lock file that the environment is made from."""
    return os.path.join(PROJECT, f"{house.name}.lock")


def requirements_of(house: House) -> str:
    """The requirements file that says what the environment must have."""
    return os.path.join(PROJECT, f"{house.name}.txt")


def names_of(house: House) -> List[str]:
    """Names of the packages that the environment must have."""
    return [name for name, _ in packages.requirements(requirements_of(house))]


def made(house: House) -> Optional[Dict[str, Any]]:
    """What the marker of a finished, current environment says, or None.

    Raises TutorialError when there is one that this user may not use: it is not to be made anew.
    """
    try:
        marker = read_json(os.path.join(folder_of(house), MARKER))
        whole = isinstance(marker, dict) and marker.get("state") == "ready"
        if whole and marker.get("tensorflow") == house.tensorflow and marker.get("lock") == sha256(lock_of(house)):
            os.stat(python_of(house))
            return marker
    except PermissionError as error:
        what = os.path.realpath(error.filename)
        raise TutorialError(
            f"{folder_of(house)} is an environment that another user has made, and you may not reach {what}: ask for "
            f"the right to, or {ELSEWHERE}"
        )
    except OSError:  # a link to an interpreter that has been uninstalled since is no environment
        pass
    return None


def foreign(house: House, core: bool = False) -> bool:
    """Whether the folder is somebody else's environment that satisfies the requirements all the same."""
    if os.path.exists(os.path.join(folder_of(house), MARKER)) or not os.path.exists(python_of(house)):
        return False
    facts = packages.probe(python_of(house), names_of(house))
    return bool(facts) and not packages.lacking(requirements_of(house), facts["versions"], core)


def make(house: House, cuda: bool = False) -> None:
    """Make the environment unless it is there, whole and current.

    ``cuda`` asks for CUDA 10.0 and cuDNN 7 beside TensorFlow 1.15, which takes conda.  Raises
    :class:`NoInterpreter` when no Python can be had, TutorialError when its packages cannot be installed.
    """
    _check_rights(house)
    with reporting.reporter(f"Environment {house.folder}") as report, _alone(house, report), _enough_room(house):
        marker = made(house)  # another process may have made it while this one waited
        if marker and (marker.get("cuda") or not cuda):
            return
        started = time.time()
        _clear(house, report)
        made_by = _make_empty(house, cuda, report)
        python = python_of(house)
        _install(house, python, report)
        packages.compile_all(python, report)
        facts = packages.probe(python, names_of(house)) or {"versions": {}}
        missing = packages.lacking(requirements_of(house), facts["versions"])
        if missing:
            raise TutorialError(f"{house.folder} was made, but lacks {', '.join(missing)}: run `make env` again.")
        marker = {
            "state": "ready",
            "tensorflow": house.tensorflow,
            "lock": sha256(lock_of(house)),
            "python": facts["python"],
            "made_by": made_by,
            "cuda": cuda,
            "seconds": round(time.time() - started, 1),
        }
        write_json(os.path.join(folder_of(house), MARKER), marker)
        report.message(f"{house.folder} is ready ({marker['seconds']:.0f} s).")


def _check_rights(house):
    """Raise TutorialError where this user may not make or remake the environment."""
    folder = folder_of(house)
    for place in (os.path.dirname(folder), folder):
        if os.path.exists(place) and not os.access(place, os.W_OK | os.X_OK):
            raise TutorialError(f"{house.folder} cannot be made: you may not write to {place}; {ELSEWHERE}")


@contextlib.contextmanager
def _enough_room(house):
    """Say so when the disk is full: venv and pip do not always."""
    full = os.strerror(errno.ENOSPC)
    try:
        yield
    except (OSError, TutorialError) as error:
        if full not in str(error) and shutil.disk_usage(PROJECT).free > FULL_BYTES:
            raise
        raise TutorialError(
            f"{house.folder} cannot be made: {full}; it takes about 4 GB: make room on the disk of {PROJECT} "
            f"(pip works in {tempfile.gettempdir()}) and run it again"
        )


def _clear(house, report):
    folder = folder_of(house)
    if os.path.realpath(sys.prefix) == os.path.realpath(folder):
        raise TutorialError(
            f"{house.folder} is out of date, and this Python runs in it: leave it (`deactivate`, or end the notebook) "
            "and run `make env`."
        )
    if os.path.exists(os.path.join(folder, MARKER)):
        report.message(f"{house.folder} is half-made or out of date: making it anew.")
        shutil.rmtree(os.path.realpath(folder))  # it may be a link to a larger disk
        if os.path.islink(folder):
            os.remove(folder)
    elif os.path.lexists(folder) and not (os.path.isdir(folder) and not os.listdir(folder)):
        number = 1
        while os.path.lexists(f"{folder}-old-{number}"):
            number += 1
        os.rename(folder, f"{folder}-old-{number}")
        report.message(f"{house.folder} was not made by this project: put aside as {house.folder}-old-{number}.")


def _make_empty(house, cuda, report):
    """Make the folder with an interpreter and pip in it; returns what made it."""
    folder, tried = folder_of(house), []
    if not cuda:
        running = interpreters.running()
        for version in sorted(house.pythons, key=lambda version: version != running):
            python = interpreters.find(version, tried)
            if python:
                return _make_venv(folder, python, report)
        try:
            report.message(f"No Python {_spoken(house.pythons)} that runs here; fetching one with uv.")
            python = interpreters.by_uv(house.pythons[0], UV_FOLDER, UV_LOCK)
            return _make_venv(folder, python, report)
        except TutorialError as error:
            tried.append(str(error).rstrip("."))
    command = interpreters.conda()
    if command:
        try:
            wanted = [f"python={house.pythons[0]}", "pip"] + list(gpu.CONDA_CUDA if cuda else ())
            report.start(f"Creating the environment with {os.path.basename(command)}")
            create = [command, "create", "-y", "-q", "-p", folder, "--override-channels", "-c", "conda-forge"]
            packages.run(create + wanted, os.path.basename(command), watch=lambda line: report.advance(0))
            write_json(os.path.join(folder, MARKER), {"state": "making"})
            return os.path.basename(command)
        except TutorialError as error:
            shutil.rmtree(folder, ignore_errors=True)
            tried.append(str(error).rstrip("."))
    else:
        tried.append("micromamba, mamba and conda are not on PATH")
    raise NoInterpreter(
        f"No Python {_spoken(house.pythons)} can be had here ({'; '.join(tried)}). Any of these will do: install it "
        "(pyenv, apt, brew), connect this machine to the network for uv, put micromamba or conda on PATH, or set "
        "ELECTRA_TF_PYTHON to an interpreter that has TensorFlow 1.15 or 2.x."
    )


def _spoken(versions):
    return versions[0] if len(versions) == 1 else f"{versions[-1]} to {versions[0]}"


def _make_venv(folder, python, report):
    report.start("Creating the environment")
    write_json(os.path.join(folder, MARKER), {"state": "making"})
    packages.run([python, *packages.ISOLATED, "-m", "venv", folder], f"Creating the environment with {python}")
    return "venv"


def _install(house, python, report):
    lock = lock_of(house)
    entries = packages.lock_entries(lock)
    # pip, setuptools and wheel first: an old pip does not know today's wheels.
    first = os.path.join(folder_of(house), "installers.lock")
    with open(first, "w", encoding="utf-8") as file:
        file.write("\n".join(entry for name, entry in entries if name in INSTALLERS) + "\n")
    report.start("Preparing pip")
    pip = [python, *packages.ISOLATED, "-m", "pip", "install", "-q"]
    packages.run(pip + ["--no-deps", "--require-hashes", "-r", first], "Installing pip")
    # The packages that exist only as source are built with the lock's own setuptools, nothing fetched for it.
    total = len(set(name for name, _ in entries))
    packages.pip_install(python, ["--require-hashes", "--no-build-isolation", "-r", lock], report, total)
    if house.name == TENSORFLOW_2.name:
        _install_torch(house, python, report)


def _install_torch(house, python, report):
    """PyTorch for TensorFlow 2's house: the build without CUDA on Linux machines without a GPU.

    It is not in the lock, because the build without CUDA has the same version and another hash.  Wheels
    that the user's own pip configuration offers (find-links) come first, and cost no network.
    """
    versions = dict(packages.requirements(requirements_of(house)))
    torch = f"torch{versions['torch']}"
    try:
        has_gpu = bool(gpu.find())
    except gpu.Broken:
        has_gpu = False
    if has_gpu:
        tensorflow = f"tensorflow[and-cuda]{versions['tensorflow']}"
        packages.pip_install(python, [torch, tensorflow], report, what="PyTorch and CUDA")
        return
    try:
        packages.pip_install(python, ["--no-index", torch], report, what="PyTorch")
        return
    except TutorialError:
        pass
    index = ["--extra-index-url", TORCH_CPU_INDEX] if sys.platform.startswith("linux") else []
    packages.pip_install(python, ["--retries", "1", *index, torch], report, what="PyTorch")


@contextlib.contextmanager
def _alone(house, report):
    """One process at a time makes an environment; the lock falls with the last process that holds it."""
    import fcntl

    with open(lock_of(house)) as file:
        os.set_inheritable(file.fileno(), True)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report.message(f"Another process is making {house.folder}: waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
