"""Where a Python of a given version may be had: found on this machine, through uv, or through conda.

Standard library only.  An interpreter counts only when it *runs* and can make virtual environments:
pyenv's ``python3.7`` on PATH may be a shim that answers "command not found", and Debian's python3 may
lack the ``venv`` module.
"""

import glob
import os
import platform
import shutil
import sys
from typing import Iterator, List, Optional

from helpers.base.errors import TutorialError
from helpers.environment import packages

UV = "uv==0.6.17"  # the last line of uv that still offers CPython 3.7
UV_PYTHON = {"3.7": "3.7.9"}
CONDA_HOMES = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", "miniconda", ".conda")
CONDA_COMMANDS = ("micromamba", "mamba", "conda")


def running() -> str:
    """The version of the running Python: ``"3.11"``."""
    return ".".join(map(str, sys.version_info[:2]))


def on_path(name: str) -> List[str]:
    """Every executable of this name on PATH, not only the first."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    paths = [os.path.join(folder, name) for folder in folders if folder]
    return [path for path in paths if os.path.isfile(path) and os.access(path, os.X_OK)]


def pyenv_pythons(version: str) -> List[str]:
    """Interpreters of one version (``"3.7"``) that pyenv has installed, newest patch first."""
    roots = [os.environ.get("PYENV_ROOT"), os.path.join(os.path.expanduser("~"), ".pyenv")]
    found = []
    for root in filter(None, roots):
        found += glob.glob(os.path.join(glob.escape(root), "versions", f"{version}*", "bin", "python"))
    return sorted(found, key=_patch, reverse=True)


def _patch(path):
    name = os.path.basename(os.path.dirname(os.path.dirname(path)))
    numbers = name.split(".")
    return [int(number) if number.isdigit() else -1 for number in numbers]


def conda_pythons() -> List[str]:
    """Interpreters of all conda environments that this user has, of whatever version."""
    home = os.path.expanduser("~")
    prefixes = [os.environ.get("CONDA_PREFIX"), os.environ.get("MAMBA_ROOT_PREFIX")]
    for folder in [os.path.join(home, name) for name in CONDA_HOMES] + ["/opt/conda"]:
        prefixes += [folder] + sorted(glob.glob(os.path.join(glob.escape(folder), "envs", "*")))
    try:  # conda writes down where it made environments
        with open(os.path.join(home, ".conda", "environments.txt"), encoding="utf-8") as file:
            prefixes += file.read().split("\n")
    except (OSError, UnicodeDecodeError):
        pass
    return [os.path.join(prefix, "bin", "python") for prefix in prefixes if prefix]


def candidates(version: str) -> Iterator[str]:
    """Paths where a Python of ``version`` ("3.7") may be, in the order in which they are tried."""
    if running() == version:
        yield sys.executable
    yield from on_path(f"python{version}")
    yield from pyenv_pythons(version)
    yield from on_path("python3")
    yield from conda_pythons()


def find(version: str, problems: Optional[List[str]] = None) -> Optional[str]:
    """The first Python of ``version`` that runs here, is 64-bit CPython and can make environments, or None.

    What was there but would not do is added to the list ``problems``, a sentence each.
    """
    seen = set()
    for path in candidates(version):
        if path in seen or not os.path.isfile(path):
            continue
        seen.add(path)
        facts = packages.probe(path)
        if facts is None:
            if problems is not None and os.path.basename(path) == f"python{version}":
                problems.append(f"{path} does not run")
        elif facts["python"].rsplit(".", 1)[0] != version:
            continue
        elif facts["bits"] != 64 or facts["pypy"]:
            _note(problems, f"{path} is not a 64-bit CPython")
        elif not facts["venv"]:
            _note(problems, f"{path} lacks the venv module (Debian: apt install python{version}-venv)")
        else:
            return path
    return None


def _note(problems, sentence):
    if problems is not None:
        problems.append(sentence)


def conda() -> Optional[str]:
    """The first conda-like command on PATH, or None."""
    return next(filter(None, (shutil.which(name) for name in CONDA_COMMANDS)), None)


def uv_command(folder: str, lock: str) -> str:
    """The uv command, installed by pip with its hash from ``lock`` into the private ``folder``."""
    command = os.path.join(folder, "bin", "uv")
    if not os.access(command, os.X_OK):
        python = next((path for path in [sys.executable] + on_path("python3") if _has_pip(path)), None)
        if python is None:
            raise TutorialError("uv cannot be installed: no Python here has pip.")
        aside = folder + f".tmp-{os.getpid()}"
        arguments = ["-m", "pip", "install", "-q", "--require-hashes", "--target", aside, "-r", lock]
        try:
            packages.run(
                [python, *packages.ISOLATED, *arguments], "Installing uv with pip", environment={"PIP_USER": "0"}
            )
            shutil.rmtree(folder, ignore_errors=True)
            os.rename(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return command


def _has_pip(python):
    facts = packages.probe(python, ["pip"])
    return bool(facts and facts["versions"].get("pip"))


def by_uv(version: str, folder: str, lock: str) -> str:
    """A Python of ``version`` that uv downloads (or finds), kept in the private ``folder``."""
    command = uv_command(folder, lock)
    store = os.path.join(folder, "python")
    wanted = UV_PYTHON.get(version, version)
    settings = {"UV_PYTHON_INSTALL_DIR": store, "UV_NO_CONFIG": "1"}
    packages.run(
        [command, "python", "install", "--no-progress", wanted],
        f"Fetching Python {wanted} with uv",
        environment=settings,
    )
    for path in sorted(glob.glob(os.path.join(glob.escape(store), f"cpython-{wanted}*", "bin", f"python{version}"))):
        facts = packages.probe(path)
        if facts and facts["venv"]:
            return path
    raise TutorialError(f"uv fetched Python {wanted}, but it does not run here.")


def tensorflow1_impossible() -> str:
    """Why TensorFlow 1.15's wheel cannot run on this machine at all, or ``""`` when it can.

    Under Rosetta a Mac calls itself x86_64, but lacks the AVX instructions that the wheel needs.
    """
    machine, apple = platform.machine(), "ARM64" in platform.version()
    if machine not in ("x86_64", "AMD64") or apple:
        return f"TensorFlow 1.15 was never built for this processor ({'Apple silicon' if apple else machine})"
    return ""
