"""Every row of docs/reliability.md's table of bad inputs: what the user sees, and that nothing else happens."""

import os
import re
import sys

import bad_inputs
import pytest
import tiny_checkpoint
from listener import Listener
from reliability_table import rows

from helpers import conversion
from helpers.base import events

TABLE = rows("Bad input")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes, on the first call, a DATA_DIR with a model, converted."""
    kept = []

    def make():
        if not kept:
            from helpers.conversion import export

            folder = str(tmp_path_factory.mktemp("model"))
            variables = tiny_checkpoint.make(folder)
            model_dir = os.path.join(folder, "models", "m")
            job = conversion.Job(model_dir, os.path.join(folder, "vocab.txt"), model_dir)
            export.convert(job, Listener(), tiny_checkpoint.oracle(variables))
            kept.append((folder, variables))
        return kept[0]

    return make


def tree(folder):
    """Every file under ``folder`` with its content; a lock or half-written file would be one more."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                found[os.path.relpath(os.path.join(place, name), folder)] = hash(file.read())
    return found


def test_the_table_and_the_tests_have_the_same_rows():
    assert set(TABLE) == set(bad_inputs.CASES)
    assert len(TABLE) >= 60


@pytest.mark.parametrize("name", bad_inputs.CASES)
def test_bad_input(name, tmp_path, made, monkeypatch, capsys):
    listener = Listener()
    place = bad_inputs.Place(tmp_path, listener, made, lambda argv: monkeypatch.setattr(sys, "argv", argv))
    action = bad_inputs.CASES[name](place)
    before = tree(place.folder)
    capsys.readouterr()
    row = TABLE[name]
    if row.accepted:
        action()
        said = "\n".join(listener.said)
        assert not row.pattern.pattern or row.pattern.search(said), said
        return
    with pytest.raises(SystemExit) as ended:
        events.run(lambda reporter: action())
    shown = capsys.readouterr().err
    assert ended.value.code == 1 and "Traceback" not in shown
    last = shown.rstrip("\n").split("\n")[-1]
    assert last.startswith("error: ") and row.pattern.match(last[len("error: ") :]), shown
    after = tree(place.folder)
    new = {name: after.pop(name) for name in set(after) - set(before)}
    assert after == before
    # A training may have begun before it met the damage; it has saved nothing yet.
    assert all(re.match(r"data/models/m/(?!model\.ckpt)[^/]*$", path) and ".tmp-" not in path for path in new), new
