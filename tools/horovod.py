"""Make .venv-horovod: the environment of TensorFlow 1.15 with Horovod beside it, built from source.

    make horovod

Takes a C++ compiler and about three minutes.  The folder is a thin layer over the environment that runs this
script: packages come from there, only Horovod and what it needs lie in it.  It talks over Gloo, so MPI is not
needed.  Where the project's path has a blank, it is built by way of a link without one.  Variables that the user sets
win, such as HOROVOD_GPU_OPERATIONS=NCCL for GPUs that talk directly.
"""

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, PROJECT)

from helpers.base.errors import TutorialError
from helpers.base.files import read_json, write_json
from helpers.environment.packages import installed_versions, lock_entries

FOLDER = os.path.join(PROJECT, ".venv-horovod")
MARKER = os.path.join(FOLDER, "electra.json")
LOG = os.path.join(PROJECT, "build", "horovod.log")
LOCK = os.path.join(PROJECT, "requirements-horovod.lock")  # made from these by `make lock`
# The last of each that there is for TensorFlow 1.15 and Python 3.7; cmake 3.26 and later refuse Horovod's Gloo.
REQUIREMENTS = ("cmake==3.25.0", "horovod==0.28.1", "cloudpickle==2.2.1")
SETTINGS = {
    "HOROVOD_WITH_TENSORFLOW": "1",
    "HOROVOD_WITH_GLOO": "1",
    "HOROVOD_WITHOUT_PYTORCH": "1",
    "HOROVOD_WITHOUT_MXNET": "1",
    "HOROVOD_WITHOUT_MPI": "1",
}
CHECK = "import horovod.tensorflow as h; h.init(); assert h.gloo_built() and h.size() == 1"


def parser():
    """The command line."""
    return argparse.ArgumentParser(
        prog="python3 tools/horovod.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def main():
    version = installed_versions(["tensorflow"])["tensorflow"] or "none"
    if not version.startswith("1.15"):
        raise TutorialError(
            "Horovod is built for TensorFlow 1.15, and %s has %s: make env first" % (sys.prefix, version)
        )
    wanted = dict(state="ready", over=os.path.realpath(sys.prefix), requirements=list(REQUIREMENTS))
    python = os.path.join(FOLDER, "bin", "python")
    if read_json(MARKER) == wanted:
        print("Horovod is there: %s" % FOLDER)
        return
    if not shutil.which(os.environ.get("CXX", "g++")):
        raise TutorialError("Horovod is built from source and there is no C++ compiler: install g++")
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.dirname(LOG), exist_ok=True)
    print("Building Horovod, about three minutes; the log is %s" % os.path.relpath(LOG, PROJECT), flush=True)
    environment = dict(SETTINGS, **os.environ)
    environment.pop("PYTHONPATH", None)
    with open(LOG, "w") as log, _without_blanks(PROJECT) as project, _without_blanks(sys.prefix) as base:
        folder = os.path.join(project, os.path.basename(FOLDER))

        environment["PATH"] = os.path.join(folder, "bin") + os.pathsep + os.environ["PATH"]

        def run(*command):
            if subprocess.call(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment):
                raise TutorialError("Horovod could not be built; its last words:\n%s" % _tail(LOG))

        run(sys.executable, "-m", "venv", "--without-pip", folder)
        own = os.path.join(_packages(folder), "environment.pth")
        _write_line(own, _packages(base))

        def install(*names):
            part = os.path.join(folder, "part.lock")
            with open(part, "w") as file:
                file.writelines(entry + "\n" for name, entry in lock_entries(LOCK) if name in names)
            pip = [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "--no-deps", "--require-hashes"]
            run(*pip, "--no-build-isolation", "-r", part)

        install("cmake")  # Horovod is built with it
        install("horovod", "cloudpickle")
        _write_line(own, _packages(sys.prefix))  # the names without blanks go
        if folder != FOLDER:
            _rename_python(os.path.join(folder, "bin"), python)
        run(python, "-c", CHECK)
    write_json(MARKER, wanted)
    print("Horovod is ready: %s" % FOLDER)


@contextlib.contextmanager
def _without_blanks(path):
    """A name of ``path`` without blanks, with which Horovod's own build cannot cope: a link meanwhile, where it has
    one."""
    if not re.search(r"\s", path):
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(path, os.path.join(folder, "link"))
        yield os.path.join(folder, "link")


def started_by(python, options=""):
    """The first lines of a script that ``python`` is to run: by a shell, for none may name a path with blanks."""
    return f"#!/bin/sh\n'''exec' \"{python}\"{options} \"$0\" \"$@\"\n' '''\n"


def _rename_python(folder, python):
    """Have the programs in ``folder`` call ``python``."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            first, _, rest = file.read().partition(b"\n")
        if first.startswith(b"#!") and b"python" in first and not os.path.islink(path):
            with open(path, "wb") as file:
                file.write(started_by(python).encode("utf-8") + rest)


def _packages(environment):
    return sysconfig.get_paths(vars=dict(base=environment, platbase=environment))["purelib"]


def _write_line(path, line):
    with open(path, "w") as file:
        file.write(line + "\n")


def _tail(path):
    with open(path, errors="replace") as file:
        return "".join("    " + line for line in file.readlines()[-8:])


if __name__ == "__main__":
    parser().parse_args()
    try:
        main()
    except TutorialError as error:
        sys.exit("error: %s" % error)
