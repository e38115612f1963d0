"""The tables of faults (tests/mutants): each fault can be put in, and the program tells what notices it."""

import ast
import fcntl
import os
import subprocess
import sys
import time

import pytest

from tests.mutants import __main__ as mutants
from tests.mutants.runs import run_tests
from tests.mutants.table import Mutant

ROWS = [row for rows in mutants.tables().values() for row in rows]


@pytest.fixture(scope="module")
def functions():
    """Names of the test functions of a file."""
    known = {}

    def of(path):
        if path not in known:
            with open(os.path.join(mutants.ROOT, path), encoding="utf-8") as file:
                tree = ast.parse(file.read())
            known[path] = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        return known[path]

    return of


def test_every_fault_can_be_put_in_and_its_tests_are_there(functions):
    assert ROWS
    wrong = [mutants.misplaced(row) for row in ROWS]
    for row in ROWS:
        assert isinstance(row.tests, tuple) and row.tests, row
        for test in row.tests:
            path, _, name = test.partition("::")
            if not os.path.isfile(os.path.join(mutants.ROOT, path)):
                wrong.append(f"there is no {path}")
            elif name and name.split("[")[0] not in functions(path):
                wrong.append(f"{path} has no test {name}")
    assert not list(filter(None, wrong)), "\n".join(filter(None, wrong))


def test_no_fault_is_listed_twice():
    places = [(row.file, row.old, row.new) for row in ROWS]
    assert len(set(places)) == len(places)


def test_what_is_noticed_what_survives_and_what_is_gone(tmp_path, capsys):
    (tmp_path / "sums.py").write_text(
        "def total(a, b):\n    return a + b\n\n\ndef least(a, b):\n    return min(a, b)\n"
    )
    (tmp_path / "test_sums.py").write_text(
        "import sums\n\ndef test_total():\n    assert sums.total(2, 3) == 5\n\n"
        "def test_least():\n    assert sums.least(4, 4) == 4\n"
    )
    subprocess.check_call(["git", "init", "-q"], cwd=str(tmp_path))
    rows = [
        Mutant("sums.py", "a + b", "a - b", ("test_sums.py::test_total",)),
        Mutant("sums.py", "a + b", "a * b", ("test_sums.py",)),  # as long as the one before
        Mutant("sums.py", "min(a, b)", "max(a, b)", ("test_sums.py::test_least",)),
        Mutant("sums.py", "a / b", "a", ("test_sums.py",)),
        Mutant("sums.py", "a, b", "b, a", ("test_sums.py",)),
    ]
    before = (tmp_path / "sums.py").read_text()
    assert mutants.run(rows, str(tmp_path), jobs=1) == 3
    said = capsys.readouterr().out
    assert said.count("noticed by test_sums.py::test_total") == 2
    assert "min(a, b) → max(a, b)\n    SURVIVED" in said
    assert "MISPLACED: sums.py has no place with 'a / b'" in said
    assert "MISPLACED: sums.py has 3 places with 'a, b'" in said
    assert (tmp_path / "sums.py").read_text() == before
    (tmp_path / "test_sums.py").write_text("def test_total():\n    assert False\n")
    assert mutants.run(rows[:1], str(tmp_path), jobs=1) == 1
    assert "have to pass before any fault is put in" in capsys.readouterr().out


def test_what_tests_start_ends_with_them(tmp_path):
    """A fault that makes something wait for ever leaves nothing behind that waits."""
    (tmp_path / "test_left.py").write_text(
        "import fcntl, subprocess\n\n"
        "def test_left():\n"
        "    file = open('held', 'w')\n"
        "    fcntl.flock(file, fcntl.LOCK_EX)\n"
        "    subprocess.Popen(['sleep', '60'], pass_fds=[file.fileno()])\n"
    )
    status, said = run_tests(str(tmp_path), ["test_left.py"])
    assert status == 0, said
    began = time.monotonic()
    with open(str(tmp_path / "held")) as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # held for as long as the process lives
    assert time.monotonic() - began < 30


@pytest.mark.slow
def test_ten_of_the_faults_are_noticed():
    """Other ones each day; ``make mutants`` tries all of them."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.mutants", "--sample", "10"], cwd=mutants.ROOT, stdout=subprocess.PIPE
    )
    assert ran.returncode == 0, ran.stdout.decode()
