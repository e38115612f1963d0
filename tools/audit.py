"""Ask pip-audit which of the locked packages have known vulnerabilities.

    python3 tools/audit.py

Looks up every pin of every requirements*.lock, whatever machine or Python it is for.  Ends with 0 when no
package has a vulnerability that docs/security.md does not answer; with 1 and one sentence when one has, and also
when a package could not be looked up: an audit without data has found nothing because it saw nothing.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, PROJECT)

from helpers.base.errors import TutorialError
from helpers.environment import packages

COMMAND = ("pip-audit", "--format", "json", "--progress-spinner", "off", "--no-deps", "--disable-pip")
# Pinned on purpose, holes and all: docs/security.md says why, and what keeps strangers' data away from them.
ANSWERED = {("tensorflow", "1.15.0"), ("transformers", "2.8.0"), ("torch", "1.12.1")}


def pins(lock):
    """``[(name, version), …]`` of a lock file; a name may have several versions, one for each Python."""
    found = [re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", entry) for _, entry in packages.lock_entries(lock)]
    if not found or None in found:
        raise TutorialError("%s is not a lock file: make it anew with make lock" % lock)
    return [match.groups() for match in found]


def batches(wanted):
    """The pins in lists in which no name stands twice: pip-audit takes one version of a package at a time."""
    lists = []
    for name, version in sorted(set(wanted)):
        free = next((each for each in lists if name not in each), None)
        if free is None:
            lists.append({})
            free = lists[-1]
        free[name] = version
    return lists


def look_up(wanted):
    """What pip-audit says of the pins: its list of dependencies."""
    answers = []
    for batch in batches(wanted):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "requirements.txt")
            with open(path, "w", encoding="utf-8") as file:
                file.writelines("%s==%s\n" % pin for pin in batch.items())
            ran = subprocess.run([*COMMAND, "-r", path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            answers += json.loads(ran.stdout.decode("utf-8"))["dependencies"]
        except (ValueError, KeyError, TypeError):
            words = ran.stderr.decode("utf-8", "replace").strip().splitlines() or ["exit code %d" % ran.returncode]
            raise TutorialError("pip-audit gave no answer (%s): try again with a network" % words[-1][:300])
    return answers


def findings(wanted, answers):
    """``[(name, version, [vulnerability, …]), …]`` of the pins that have any.

    Raises TutorialError unless every pin was looked up.
    """
    looked_up = {(_canonical(row["name"]), row["version"]): row.get("vulns", []) for row in answers if "version" in row}
    missing = [pin for pin in sorted(set(wanted)) if (_canonical(pin[0]), pin[1]) not in looked_up]
    if missing:
        raise TutorialError(
            "pip-audit could look up %d of %d packages only (not %s==%s, say), so this says nothing about the rest: "
            "run it again where pypi.org, or the service that pip-audit is told to ask, can be reached"
            % (len(set(wanted)) - len(missing), len(set(wanted)), *missing[0])
        )
    return [(name, version, looked_up[_canonical(name), version]) for name, version in sorted(set(wanted))
            if looked_up[_canonical(name), version]]  # fmt: skip


def _canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def parser():
    """The command line."""
    return argparse.ArgumentParser(
        prog="python3 tools/audit.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def main():
    """Print what was found; TutorialError when it is not all answered."""
    if not shutil.which(COMMAND[0]):
        raise TutorialError("pip-audit is not on PATH: install it (python3 -m pip install pip-audit)")
    locks = sorted(glob.glob(os.path.join(PROJECT, "requirements*.lock")))
    wanted = [pin for lock in locks for pin in pins(lock)]
    found = findings(wanted, look_up(wanted))
    for name, version, vulnerabilities in found:
        answered = "  (docs/security.md)" if (name, version) in ANSWERED else ""
        for each in vulnerabilities:
            mended = ", ".join(each.get("fix_versions", [])) or "no release"
            print("%s %s: %s, mended in %s%s" % (name, version, each["id"], mended, answered))
    open_ones = ["%s %s" % (name, version) for name, version, _ in found if (name, version) not in ANSWERED]
    print("%d packages in %d locks looked up" % (len(set(wanted)), len(locks)))
    if open_ones:
        raise TutorialError(
            "%d packages have known vulnerabilities (%s): take newer ones with make lock, or answer them in "
            "docs/security.md and tools/audit.py" % (len(open_ones), ", ".join(open_ones))
        )


if __name__ == "__main__":
    parser().parse_args()
    try:
        main()
    except TutorialError as error:
        sys.exit("error: %s" % error)
