"""``make audit``, against a stand-in for pip-audit: what is found is said, and no answer is no good answer."""

import json
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, ROOT)

from helpers.base.errors import TutorialError
from tools import audit
from tools.horovod import started_by

# Answers as pip-audit 2.10 does, from vulnerabilities.json beside it: name → list of them, or "skip".
STAND_IN = (
    started_by(sys.executable)
    + """
import json, os, re, sys
known = json.load(open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vulnerabilities.json")))
rows = []
for line in open(sys.argv[sys.argv.index("-r") + 1]):
    name, version = line.strip().split("==")
    assert name not in {row["name"] for row in rows}, "pip-audit refuses a name that stands twice"
    found = known.get(name, known.get("*", []))
    if found == "skip":
        rows.append(dict(name=name, skip_reason="Dependency not found on PyPI and could not be audited"))
    else:
        rows.append(dict(name=name, version=version, vulns=found))
print(json.dumps(dict(dependencies=rows, fixes=[])))
sys.exit(any(row.get("vulns") for row in rows))
"""
)
HOLE = dict(id="PYSEC-2022-1", fix_versions=["9.9"], aliases=[], description="")


@pytest.fixture
def run(tmp_path):
    def run(known, stand_in=STAND_IN):
        (tmp_path / "vulnerabilities.json").write_text(json.dumps(known))
        (tmp_path / "pip-audit").write_text(stand_in, encoding="utf-8")
        (tmp_path / "pip-audit").chmod(0o755)
        path = os.pathsep.join([str(tmp_path), os.environ["PATH"]])
        ran = subprocess.run(
            [sys.executable, os.path.join("tools", "audit.py")],
            cwd=ROOT, env=dict(os.environ, PATH=path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        said = ran.stderr.decode().splitlines()
        assert not any("Traceback" in line for line in said) and len(said) <= 1, said
        return ran.returncode, ran.stdout.decode(), "".join(said)

    return run


def test_nothing_known(run):
    code, shown, said = run({})
    assert code == 0 and not said
    assert int(shown.split()[0]) > 300 and "locks looked up" in shown


def test_a_hole_that_is_not_answered_fails(run):
    code, shown, said = run({"tqdm": [HOLE], "tensorflow": [HOLE]})
    assert code != 0 and "tqdm" in said and "make lock" in said
    assert "PYSEC-2022-1, mended in 9.9" in shown
    assert "tensorflow 1.15.0: PYSEC-2022-1, mended in 9.9  (docs/security.md)" in shown
    assert "tensorflow 1.15.0" not in said and "tensorflow 2" in said  # the answer is for 1.15 alone


def test_what_is_answered_does_not_fail(run):
    assert run({"transformers": []})[0] == 0
    answered = audit.ANSWERED
    found = audit.findings(sorted(answered), [dict(name=n, version=v, vulns=[HOLE]) for n, v in answered])
    assert len(found) == len(answered)
    with open(os.path.join(ROOT, "docs", "security.md"), encoding="utf-8") as file:
        text = file.read()
    assert all("%s %s" % pin in text for pin in answered), "docs/security.md answers for each of them"
    in_use = audit.pins(os.path.join(ROOT, "requirements.lock"))
    assert answered <= set(in_use)


@pytest.mark.parametrize("known", [{"*": "skip"}, {"tqdm": "skip"}])
def test_what_was_not_looked_up_is_no_success(run, known):
    code, _, said = run(known)
    assert code != 0 and "could look up" in said and "packages only" in said


@pytest.mark.parametrize(
    "stand_in",
    ["#!/bin/sh\necho no route to host >&2\nexit 1\n", "#!/bin/sh\necho '[]'\n", "#!/bin/sh\necho no route >&2\n"],
)  # fmt: skip
def test_an_answer_that_is_none(run, stand_in):
    code, _, said = run({}, stand_in)
    assert code != 0 and said.startswith("error: pip-audit gave no answer")


def test_without_pip_audit(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TutorialError, match="pip-audit is not on PATH"):
        audit.main()


def test_versions_of_one_name_go_into_lists_of_their_own():
    wanted = [("a", "1"), ("a", "2"), ("b", "1"), ("a", "1")]
    assert audit.batches(wanted) == [{"a": "1", "b": "1"}, {"a": "2"}]
