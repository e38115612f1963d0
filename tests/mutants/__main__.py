"""Put faults into copies of the project, one at a time, and see whether the tests named beside each one fail.

    python -m tests.mutants                       # make mutants
    python -m tests.mutants tutorial -k preset
    python -m tests.mutants --sample 10 --seed 7

Each module of this folder lists faults.  First all named tests run on the project as it is, and must pass.  The
program ends with code 1 when a fault survives its tests, or cannot be put in because the code has changed.
"""

import argparse
import concurrent.futures
import contextlib
import datetime
import importlib
import os
import pkgutil
import queue
import random
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

from tests import mutants
from tests.mutants.runs import run_tests

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LONGEST = 900  # seconds for the tests of one fault; longer means that the fault makes something wait for ever


def tables():
    """The rows of all modules of this folder that list some: {name of the module: rows}."""
    found = {}
    for each in pkgutil.iter_modules(mutants.__path__):
        if each.name not in ("__main__", "libraries", "runs", "table"):
            found[each.name] = importlib.import_module(f"tests.mutants.{each.name}").ROWS
    return found


def misplaced(row, root=ROOT):
    """Why a row's fault cannot be put in, in a sentence; None where it can."""
    path = os.path.join(root, row.file)
    if not os.path.isfile(path):
        return f"{row.file} is gone"
    with open(path, encoding="utf-8", newline="") as file:
        count = file.read().count(row.old)
    if count != 1:
        return f"{row.file} has {count or 'no'} {'places' if count else 'place'} with {in_short(row.old)!r}"
    return "its fault changes nothing" if row.old == row.new else None


def in_short(text):
    """Text in one short line."""
    return textwrap.shorten(" ".join(text.split()), 70, placeholder=" …")


@contextlib.contextmanager
def copies(root, count):
    """``count`` copies of the project at ``root``, in a queue: what git tracks or would; environments are links."""
    try:
        listed = subprocess.check_output(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root)
    except (OSError, subprocess.CalledProcessError):
        sys.exit(f"error: git does not know the files of {root}: run this in a clone of the project")
    names = [name for name in listed.decode("utf-8").split("\0") if os.path.isfile(os.path.join(root, name))]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        made = queue.Queue()
        for number in range(count):
            project = os.path.join(folder, str(number), "project")
            for name in names:
                os.makedirs(os.path.dirname(os.path.join(project, name)), exist_ok=True)
                shutil.copy2(os.path.join(root, name), os.path.join(project, name))
            for name in os.listdir(root):
                if name.startswith(".venv"):
                    os.symlink(os.path.join(root, name), os.path.join(project, name))
            beside = os.path.join(os.path.dirname(root), "shared")  # see tests/conftest.py
            if os.path.isdir(beside):
                os.symlink(beside, os.path.join(folder, str(number), "shared"))
            made.put(project)
        yield made


@contextlib.contextmanager
def put_in(row, project, number):
    """The fault is in the copy for as long as the block runs.

    Each fault gives its file another time, ``number`` seconds later, or Python would take what it has compiled of an
    earlier fault of the same length.
    """
    path = os.path.join(project, row.file)
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    before = os.stat(path).st_mtime
    try:
        _write(path, text.replace(row.old, row.new), before + number)
        yield
    finally:
        _write(path, text, before)


def _write(path, text, changed):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    os.utime(path, (changed, changed))


def tried(row, project, number):
    """(whether the fault was noticed, how in words)."""
    with put_in(row, project, number):
        began = time.time()
        status, said = run_tests(project, row.tests, LONGEST)
    seconds = f"{time.time() - began:.1f} s"
    if status == 0:
        skipped = " passed" not in said.strip().splitlines()[-1]
        return (True, "left out: its tests are skipped here") if skipped else (False, f"SURVIVED ({seconds})")
    by = [line.split()[1] for line in said.splitlines() if line.startswith(("FAILED ", "ERROR "))]
    if status == 1 and by:
        return True, f"noticed by {by[0]} ({seconds})"
    return False, f"tests did not end in {LONGEST} s" if status is None else f"tests do not run:\n{said[-2000:]}"


def run(rows, root=ROOT, jobs=2):
    """Try all rows, and print a line for each; the number of those that were not noticed."""
    reasons = [misplaced(row, root) for row in rows]
    rows = [row for row, why in zip(rows, reasons) if not why]
    for why in filter(None, reasons):
        print(f"MISPLACED: {why}", flush=True)
    unnoticed = sum(map(bool, reasons))
    if not rows:
        return unnoticed
    jobs = min(jobs, len(rows))
    with copies(root, jobs) as free, concurrent.futures.ThreadPoolExecutor(jobs) as pool:

        def in_a_copy(function, *arguments):
            project = free.get()
            try:
                return function(project, *arguments)
            finally:
                free.put(project)

        files = {}
        for test in sorted({test for row in rows for test in row.tests}):
            files.setdefault(test.split("::")[0], []).append(test)
        shares = [sum(list(files.values())[number::jobs], []) for number in range(jobs)]
        print(f"{sum(map(len, shares))} tests on the project as it is", flush=True)
        for status, said in pool.map(lambda tests: in_a_copy(run_tests, tests), filter(None, shares)):
            if status != 0:
                print(f"{said[-4000:]}\nThese tests have to pass before any fault is put in.", flush=True)
                return unnoticed + 1
        waiting = {
            pool.submit(in_a_copy, lambda project, row=row, n=number: tried(row, project, n)): row
            for number, row in enumerate(rows, 1)
        }
        try:
            for done, future in enumerate(concurrent.futures.as_completed(waiting), 1):
                noticed, how = future.result()
                row = waiting[future]
                unnoticed += not noticed
                fault = f"{row.file}: {in_short(row.old)} → {in_short(row.new) or 'nothing'}"
                print(f"[{done}/{len(rows)}] {fault}\n    {how}", flush=True)
        except KeyboardInterrupt:
            for future in waiting:
                future.cancel()
            raise
    return unnoticed


def parser():
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("tables", nargs="*", default=[], metavar="TABLE", help="modules of tests/mutants (default: all)")
    made.add_argument("-k", metavar="TEXT", default="", help="only faults with this text in file, change or tests")
    made.add_argument("--sample", type=int, metavar="N", help="only so many of them, drawn at random")
    made.add_argument("--seed", type=int, help="of the drawing (default: the date)")
    made.add_argument("--jobs", type=int, default=2, metavar="N", help="faults at a time (default: 2)")
    return made


def main(arguments=None):
    """The command line; the exit status."""
    options = parser().parse_args(arguments)
    found = tables()
    for name in options.tables:
        if name not in found:
            parser().error(f"there is no table {name}: there is {', '.join(found)}")
    rows = [row for name in options.tables or found for row in found[name] if options.k in " ".join(map(str, row))]
    if options.sample and options.sample < len(rows):
        seed = datetime.date.today().toordinal() if options.seed is None else options.seed
        print(f"{options.sample} of {len(rows)} faults, drawn with --seed {seed}")
        rows = random.Random(seed).sample(rows, options.sample)
    if not rows:
        parser().error("no fault is like that")
    unnoticed = run(rows, jobs=max(1, options.jobs))
    print(f"{len(rows) - unnoticed} of {len(rows)} faults are noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
