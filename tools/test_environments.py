"""Environments that only tests need: made once, kept in .venv-tests/, made anew when their pins change.

    python3 tools/test_environments.py

makes all and prints their interpreters.  "plain" and "learning" are kernels like Colab's: Python 3.13 without PyTorch
and TensorFlow, and Python 3.11 with TensorFlow 2.x, PyTorch and transformers 5.x; "newest" is Python 3.13 with
TensorFlow 2.x alone.  "browser" holds what drives a browser, "binder" repo2docker.  What they have stands in
tests/environments/NAME.txt.
"""

import argparse
import collections
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.environment import (
    interpreters,
    packages,
    venvs,
)

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PINS = os.path.join(ROOT, "tests", "environments")
FOLDER = os.path.join(ROOT, ".venv-tests")
MARKER = "pins.json"

# pythons: versions, the first that is there is taken.  torch: whether PyTorch without CUDA comes along.
Kind = collections.namedtuple("Kind", "pythons torch")
KINDS = {
    "plain": Kind(("3.13",), False),
    "learning": Kind(("3.11",), True),
    "newest": Kind(("3.13",), False),
    "browser": Kind(("3.13", "3.12", "3.11", "3.10"), False),
    "binder": Kind(("3.12", "3.13", "3.11", "3.10"), False),
}


class NoPython(TutorialError):
    """The Python that this environment wants is not on this machine."""


def python_of(name):
    """Path of an environment's interpreter, which may not be there yet."""
    return os.path.join(FOLDER, name, "bin", "python")


def make(name):
    """Make the environment ``name`` unless it is there with the pins of today; returns its interpreter.

    Raises :class:`NoPython` where there is no such Python, TutorialError where pip fails.
    """
    kind = KINDS[name]
    folder, python = os.path.join(FOLDER, name), python_of(name)
    wanted = [files.sha256(path) for path in pins(name)]
    if files.read_json(os.path.join(folder, MARKER)) == wanted and os.access(python, os.X_OK):
        return python
    base = next(filter(None, map(interpreters.find, kind.pythons)), None)
    if base is None:
        raise NoPython("there is no Python %s on this machine (pyenv install it)" % " or ".join(kind.pythons))
    shutil.rmtree(folder, ignore_errors=True)
    packages.run([base, *packages.ISOLATED, "-m", "venv", folder], "Creating the environment %s" % name)
    try:
        report = Reporter(events=False)
        packages.pip_install(python, ["-r", pins(name)[0]], report)
        if kind.torch:
            _install_torch(python, report)
        packages.compile_all(python, report)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    files.write_json(os.path.join(folder, MARKER), wanted)
    return python


def pins(name):
    """The requirements files of an environment: its own, and those that it includes."""
    path = os.path.join(PINS, name + ".txt")
    with open(path, encoding="utf-8") as file:
        included = [line.split()[1] for line in file if line.startswith("-r ")]
    return [path] + [os.path.join(PINS, other) for other in included]


def _install_torch(python, report):
    """A wheel that pip's configuration offers, else the build without CUDA from PyTorch's makers."""
    try:
        packages.pip_install(python, ["--no-index", "torch"], report, what="PyTorch")
    except TutorialError:
        packages.pip_install(python, ["--index-url", venvs.TORCH_CPU_INDEX, "torch"], report, what="PyTorch")


def parser():
    """The command line."""
    return argparse.ArgumentParser(
        prog="python3 tools/test_environments.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def main():
    """The command line; ends with code 1 and one sentence for each that cannot be made."""
    code = 0
    for name in KINDS:
        try:
            print("%-9s %s" % (name, make(name)))
        except TutorialError as error:
            print("error: %s: %s" % (name, error), file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    parser().parse_args()
    sys.exit(main())
