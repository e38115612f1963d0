"""The project as a whole: what lies where, what runs where, and what must not be in it."""

import ast
import gzip
import os
import re
import subprocess
import sys

import pytest

from helpers.tutorial import __main__ as tutorial
from tools import reference_commands

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def tracked(*endings):
    """Files that belong to the project, by their endings."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, stdout=subprocess.PIPE
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [os.path.join(ROOT, name) for name in listed.stdout.decode("utf-8").splitlines()]
    return [path for path in paths if os.path.isfile(path) and path.endswith(endings or "")]


def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:  # tests/cases has text in other encodings
        return file.read()


def test_no_path_of_this_machine():
    """What is committed must mean the same elsewhere: neither this checkout's folder nor the home folder."""
    paths = [ROOT + os.sep, os.path.expanduser("~") + os.sep, sys.prefix + os.sep]
    for path in tracked():
        try:
            text = text_of(path)
        except UnicodeDecodeError:  # a picture
            continue
        for own in paths:
            assert len(own) < 4 or own not in text, "%s holds the path %s" % (os.path.relpath(path, ROOT), own)


def test_helpers_are_written_for_python_3_7():
    for path in tracked(".py"):
        if os.path.relpath(path, ROOT).startswith("helpers"):
            arguments = {"feature_version": (3, 7)} if sys.version_info >= (3, 8) else {}
            ast.parse(text_of(path), path, **arguments)


def test_every_module_says_what_it_is_for():
    for path in tracked(".py"):
        assert ast.get_docstring(ast.parse(text_of(path))), os.path.relpath(path, ROOT)


def test_every_process_collects_tests_of_the_same_names(request):
    """Side by side they would not run otherwise; a gzip file holds the second in which it was made."""
    names = [item.nodeid for item in request.session.items]
    assert not [name for name in names if r"\x1f\x8b" in name]
    named = request.config.hook.pytest_make_parametrize_id
    assert named(config=request.config, val=gzip.compress(b"uno"), argname="data") == "data"
    assert named(config=request.config, val=b"uno dos", argname="data") is None


def make(*arguments, **variables):
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=dict(os.environ, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_make_help_lists_every_target():
    makefile = text_of(os.path.join(ROOT, "Makefile"))
    phony = set(re.search(r"^\.PHONY: (.*(?:\\\n.*)*)$", makefile, re.MULTILINE).group(1).replace("\\\n", " ").split())
    shown = {line.split()[1] for line in make("help").stdout.decode().splitlines() if line.startswith("make ")}
    assert {"env", "tutorial", "test", "lock", "clean", "help"} <= shown
    assert phony - shown == {"python3", "folder"}


@pytest.mark.parametrize(
    "given, unread",
    [
        (["TENSROFLOW=2"], "TENSROFLOW"),
        (["MODEL=a b", "ARGS=-p A=3"], "MODEL"),
        (["ARGS=-p MODEL_NAME=x -k y=z", "SHELL=/bin/sh"], None),
        (["%s=x" % name for name in reference_commands.MAKE_VARIABLES], None),
    ],
)
def test_a_variable_that_make_does_not_read_is_said(given, unread):
    ran = subprocess.run(["make", "-n", "help", *given], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = ran.stderr.decode()
    assert ran.returncode == 0 and ("what you gave as %s is only" % unread in said if unread else not said), said


def test_a_target_that_is_mistyped_is_one_sentence():
    ran = make("tutoral")
    assert ran.returncode and ran.stderr.decode().splitlines()[0] == "There is no target tutoral: make help lists them."


def test_readme_says_where_the_picture_is_that_the_first_command_makes():
    readme = text_of(os.path.join(ROOT, "README.md"))
    before, after = readme.split("(docs/verdict.png)")
    page = os.path.relpath(os.path.join(tutorial.OUTPUT_DIR, "electra_spanish.html"), ROOT)
    assert "with this picture" in after.partition("```sh")[0]
    assert f"`{page}`" in after.partition("## The notebooks")[0]


@pytest.mark.parametrize("target", ["bench", "notebooks", "pretrained", "load", "reference", "lock", "links"])
def test_targets_that_change_committed_files_say_so(target):
    """Each names in `make help` what it writes; of the two that measure, the contributors' page says it too."""
    shown = re.search(f"^make {target} .*$", make("help").stdout.decode(), re.MULTILINE).group()
    written = "committed|notebooks/pretrained|benchmarks/|docs/|lock files|badges"
    assert re.search(written, shown), shown
    page = text_of(os.path.join(ROOT, "CONTRIBUTING.md"))
    said = {"bench": "it changes committed files", "notebooks": "keeps its outputs in the committed file"}
    assert said.get(target, target) in page


def test_make_clean_says_that_data_stays():
    shown = subprocess.check_output(["make", "-C", ROOT, "help"], stderr=subprocess.DEVNULL).decode("utf-8")
    assert re.search(r"^make clean .*data/, where notebooks write, stays$", shown, re.MULTILINE)
    removed = subprocess.check_output(["make", "-C", ROOT, "-n", "clean"]).decode("utf-8").split()
    assert "runs" in removed and not any("data" in word or "notebooks" in word for word in removed)


def test_make_without_a_python_is_one_sentence(tmp_path):
    for python in ("/nowhere/python3", str(tmp_path / "old")):
        (tmp_path / "old").write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / "old").chmod(0o755)
        ran = make("env", PYTHON3=python)
        lines = ran.stderr.decode().splitlines()
        assert ran.returncode != 0 and lines[0].startswith("Python 3.8 or newer is needed")
        assert not any("Traceback" in line for line in lines)


def test_continuous_integration_runs_the_readers_command():
    assert "\nmake test\n" in text_of(os.path.join(ROOT, ".ci", "run"))
    assert os.access(os.path.join(ROOT, ".ci", "run"), os.X_OK)


def test_binder_installs_the_lock_on_python_3_7():
    assert "python=3.7\n" in text_of(os.path.join(ROOT, "binder", "environment.yml"))
    script = os.path.join(ROOT, "binder", "postBuild")
    assert (
        "--require-hashes" in text_of(script) and "requirements.lock" in text_of(script) and os.access(script, os.X_OK)
    )


def test_the_licence_is_apaches():
    text = text_of(os.path.join(ROOT, "LICENSE"))
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text


NAMED = re.compile(
    r"\b(?:helpers|tests|tools|benchmarks)/[\w/]+\.py\b|\b(?:docs|notebooks)/[\w/]+\.(?:md|ipynb|json)\b"
)
PLACEHOLDERS = {"notebooks/N_name.ipynb", "notebooks/presets/NAME.json"}


def test_no_program_is_named_that_lies_in_the_environment_alone():
    """It is not on PATH, and the next version of its package may call it otherwise: its module or its function is
    run on the environment's Python."""
    named = re.compile(r"huggingface-cli|\bhf auth\b|(?<![-\w])dask[- ](?:scheduler|worker|ssh)\b")
    for path in tracked(".py", ".md", ".ipynb", "Makefile"):
        if not os.path.relpath(path, ROOT).startswith("tests"):
            assert not named.findall(text_of(path)), os.path.relpath(path, ROOT)


def test_files_that_are_named_are_there():
    """What documents, comments and sentences call by its path has not moved away."""
    gone = []
    for path in tracked(".py", ".md", ".ipynb", "Makefile", "postBuild", "run"):
        name = os.path.relpath(path, ROOT)
        if not name.startswith("tests/"):
            gone += ["%s names %s" % (name, each) for each in NAMED.findall(text_of(path))
                     if each not in PLACEHOLDERS and not os.path.exists(os.path.join(ROOT, each))]  # fmt: skip
    assert not gone
