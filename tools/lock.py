"""Make the lock files anew: every package that the requirements lead to, with version and hashes.

    python3 tools/lock.py

Takes uv, which ``helpers/environment/interpreters.py`` installs into a private folder, and the network.  A lock holds
for all the platforms that its requirements name; index addresses are kept out of it, so that a mirror
serves as well.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, PROJECT)

from helpers.base import events, files
from helpers.base.errors import TutorialError
from helpers.environment import interpreters, packages, venvs
from tools import horovod

# name of the files: oldest Python, environment marker, options that pip is to heed, packages left out.
LOCKS = {
    "requirements": (
        "3.7",
        "python_full_version < '3.8' and sys_platform != 'win32'",
        "# Three packages exist only as source; everything else must be a wheel.\n--only-binary :all:\n"
        "--no-binary gast,sacremoses,seqeval\n",
        (),
    ),
    "requirements-tf2": (
        "3.10",
        "python_full_version >= '3.10' and python_full_version < '3.14' and sys_platform != 'win32'",
        "# torch is installed apart (helpers/environment/venvs.py); seqeval exists only as source.\n"
        "--only-binary :all:\n"
        "--no-binary seqeval\n",
        ("torch", "triton", "nvidia-", "cuda-"),
    ),
}
HEADER = "# Made by `make lock` from %s.txt; not edited by hand.\n"


def compile_lock(uv, requirements, python, marker=None, options=()):
    """uv's lock of a requirements file, for all environments that ``marker`` allows."""
    with tempfile.TemporaryDirectory() as folder:
        settings = os.path.join(folder, "uv.toml")
        with open(settings, "w", encoding="utf-8") as file:
            file.write('environments = ["%s"]\n' % marker if marker else "")
        command = [uv, "pip", "compile", "--config-file", settings, "--universal", "--python-version", python]
        command += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", *options, requirements]
        ran = subprocess.run(command, stdout=subprocess.PIPE, cwd=PROJECT)
    if ran.returncode:
        raise TutorialError(f"uv found no versions for {requirements}: what it says above tells why; run it again then")
    return ran.stdout.decode("utf-8")


def without_marker(text, marker):
    """A lock's text, its markers freed from what ``marker`` says of all entries alike.

    ``a==1 ; python_full_version < '3.8' and sys_platform == 'darwin'`` → ``a==1 ; sys_platform == 'darwin'``
    """
    implied = marker.split(" and ")

    def simplify(match):
        ways = []
        for way in match.group(1).split(" or "):
            terms = way.strip().strip("()").split(" and ")
            ways.append(" and ".join(term for term in terms if term not in implied))
        ways = list(dict.fromkeys(ways))
        return " \\" if "" in ways else " ; %s \\" % " or ".join(ways)

    return re.sub(r" ; (.+?) \\$", simplify, text, flags=re.MULTILINE)


def without_packages(text, dropped):
    """A lock's text without the packages whose names begin with one of ``dropped``."""
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)
    return "".join(entry for entry in entries if not (dropped and entry.startswith(tuple(dropped))))


def parser():
    """The command line."""
    return argparse.ArgumentParser(
        prog="python3 tools/lock.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def main():
    if not os.access(PROJECT, os.W_OK):
        raise TutorialError(f"the locks cannot be written: you may not write to {PROJECT}; take a copy of your own")
    uv = interpreters.uv_command(venvs.UV_FOLDER, venvs.UV_LOCK)
    for name, (python, marker, options, dropped) in LOCKS.items():
        text = compile_lock(uv, name + ".txt", python, marker)
        text = without_packages(without_marker(text, marker), dropped)
        left_out = [n + s for n, s in packages.requirements(os.path.join(PROJECT, name + ".txt")) if n in dropped]
        apart = "# Apart from it: %s\n" % ", ".join(left_out) if left_out else ""
        with files.write_aside(os.path.join(PROJECT, name + ".lock")) as file:
            file.write(HEADER % name + apart + options + "\n" + text)
        print("%s.lock: %d entries" % (name, len(packages.lock_entries(os.path.join(PROJECT, name + ".lock")))))
    write_pins(uv, venvs.UV_LOCK, [interpreters.UV], "3.8", "uv, which fetches Python 3.7 where there is none")
    what = "what tools/horovod.py adds to the environment"
    write_pins(uv, horovod.LOCK, horovod.REQUIREMENTS, "3.7", what, ["--no-deps"])


def write_pins(uv, path, pins, python, what, options=()):
    """A lock of a few pins that code names."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.writelines(pin + "\n" for pin in pins)
        file.flush()
        text = compile_lock(uv, file.name, python, options=options)
    with files.write_aside(path) as file:
        file.write("# Made by `make lock`: %s.\n%s" % (what, text))


if __name__ == "__main__":
    parser().parse_args()
    events.run(lambda reporter: main())
