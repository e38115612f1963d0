"""Versions, requirements and locks, read without any package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.environment import packages

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.mark.parametrize(
    "version, specifier, within",
    [
        ("1.15.0", "==1.15", True),
        ("1.15.5+nv23.03", "==1.15", False),
        ("2.13.0+cpu", "==2.13.0", True),
        ("1.18.5", ">=1.16,<1.19", True),
        ("1.19", ">=1.16,<1.19", False),
        ("1.9", ">=1.16", False),
        ("3.20.3", "<3.21", True),
        ("7.0rc1", ">6", True),
        ("5.0", "", True),
    ],
)
def test_satisfies(version, specifier, within):
    assert packages.satisfies(version, specifier) is within


def test_requirements_are_names_and_specifiers(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text("# words\n\na==1.0  # why\nb>=1,<2 ; python_version < '3.8'\n\n# rest\nc\n")
    assert packages.requirements(str(path)) == [("a", "==1.0"), ("b", ">=1,<2"), ("c", "")]
    assert packages.requirements(str(path), core=True) == [("a", "==1.0"), ("b", ">=1,<2")]
    assert packages.lacking(str(path), {"a": "1.0", "b": "2"}) == ["b>=1,<2 (is 2)", "c"]
    assert packages.lacking(str(path), {"a": "1.0", "b": "1"}, core=True) == []


def test_lock_entries_keep_their_hashes(tmp_path):
    path = tmp_path / "x.lock"
    path.write_text("# made\n--only-binary :all:\n\na==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\nb==2\n")
    assert packages.lock_entries(str(path)) == [
        ("a", "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11"),
        ("b", "b==2"),
    ]


def test_probe_of_what_does_not_run(tmp_path):
    assert packages.probe(str(tmp_path / "nothing")) is None
    text = tmp_path / "text"
    text.write_text("not a program")
    text.chmod(0o755)
    assert packages.probe(str(text)) is None


def test_run_gives_the_reason_and_no_more():
    with pytest.raises(TutorialError, match="^Making failed: no such thing$"):
        packages.run(["sh", "-c", "echo fine; echo 'ERROR: no such thing'; echo later; exit 3"], "Making")
    with pytest.raises(TutorialError, match="cannot be started"):
        packages.run(["/nowhere/python"], "Making")
    packages.run(["sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x"], "Making")  # more than a pipe holds


def test_without_a_network_the_network_is_blamed():
    lines = ["WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('…')': /simple/x/"]
    lines += ["ERROR: Could not find a version that satisfies x", "ERROR: No matching distribution found for x==1"]
    assert packages.last_words(lines).startswith("the package index cannot be reached")
    assert packages.last_words(lines[1:]) == "No matching distribution found for x==1"
    assert packages.last_words([]) == "no reason given"


def test_uv_without_a_network_names_the_address():
    lines = ["error: Failed to install cpython-3.7.9-linux-x86_64-gnu"]
    lines += [
        "  Caused by: Failed to download https://github.com/x.tar.zst",
        "  Caused by: Request failed after 3 retries",
    ]
    lines += ["  Caused by: failed to lookup address information: Name or service not known"]
    assert packages.last_words(lines) == "Failed to download https://github.com/x.tar.zst"


@pytest.mark.parametrize("name", ["requirements", "requirements-tf2"])
def test_every_pin_of_a_lock_satisfies_its_requirements(name):
    requirements = packages.requirements(os.path.join(ROOT, name + ".txt"))
    pins = {}
    for pin, entry in packages.lock_entries(os.path.join(ROOT, name + ".lock")):
        assert "--hash=sha256:" in entry, pin
        version = entry.split("==")[1].split()[0]
        pins.setdefault(pin.lower().replace("_", "-"), []).append(version)
    for wanted, specifier in requirements:
        if (name, wanted) == ("requirements-tf2", "torch"):
            assert wanted not in pins  # installed apart: helpers/environment/venvs.py
            continue
        for version in pins[wanted.lower().replace("_", "-")]:
            assert packages.satisfies(version, specifier), (wanted, version)


@pytest.mark.parametrize("name", ["requirements", "requirements-tf2", "requirements-uv"])
def test_a_lock_names_no_index(name):
    with open(os.path.join(ROOT, name + ".lock"), encoding="utf-8") as file:
        text = file.read()
    assert "://" not in text and "index-url" not in text and "find-links" not in text


def test_packages_are_compiled_even_where_imports_may_not(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "tests" / "venv")], check=True)
    python = str(tmp_path / "tests" / "venv" / "bin" / "python")
    folder = Path(packages.site_packages(python))
    (folder / "tests").mkdir()
    for name, text in ("good.py", "1"), ("for_another_python.py", "print 1"), ("tests/never_imported.py", "1"):
        (folder / name).write_text(text)
    packages.compile_all(python, Reporter(silent=True))
    assert [path.name.split(".")[0] for path in folder.glob("**/*.pyc")] == ["good"]
