"""What is told about a run from its files alone."""

import json
import os

import pytest

from helpers import pretraining
from helpers.pretraining import run_state


def rows(*steps, event="train"):
    return [dict(event=event, step=step, loss=step / 2) for step in steps]


def write(folder, lines):
    with open(os.path.join(str(folder), run_state.METRICS_FILE), "wb") as file:
        file.write(b"".join(lines))


def line(row):
    return (json.dumps(row) + "\n").encode()


DAMAGED = {
    "no JSON": b"{not json\n",
    "no row": b"[1, 2]\n",
    "a number": b"5\n",
    "no step": b'{"event": "train"}\n',
    "a step that is none": b'{"event": "train", "step": "7"}\n',
    "no UTF-8": b'{"event": "\xff\n',
    "blank": b"\n",
    "nested": b"[" * 100000 + b"\n",
}


@pytest.mark.parametrize("kind", sorted(DAMAGED))
def test_a_damaged_line_hides_no_other_and_is_counted(tmp_path, kind):
    known = rows(1, 2, 3)
    write(tmp_path, [line(known[0]), DAMAGED[kind], line(known[1]), line(known[2])])
    assert run_state.read_metrics(str(tmp_path)) == known
    assert run_state.read_metrics(str(tmp_path / run_state.METRICS_FILE)) == known
    assert run_state.cut_metrics(str(tmp_path), 2) == (known[:2], 1)
    assert run_state.cut_metrics(str(tmp_path), 2) == (known[:2], 0)


def test_a_last_line_that_was_cut_short_is_no_damage(tmp_path):
    write(tmp_path, [line(rows(1)[0]), line(rows(2)[0])[:-9]])
    assert run_state.cut_metrics(str(tmp_path), 9) == (rows(1), 0)


def test_of_two_rows_of_a_step_the_later_counts(tmp_path):
    later = dict(event="train", step=2, loss=0.25)
    held_out = rows(2, event="eval")
    write(tmp_path, map(line, rows(1, 2) + held_out + [later]))
    assert run_state.read_metrics(str(tmp_path)) == rows(1) + [later] + held_out


def test_without_rows_there_are_none(tmp_path):
    assert run_state.read_metrics(str(tmp_path / "nowhere")) == []
    assert run_state.last_held_out([]) == {} and run_state.last_held_out(rows(1)) == {}
    assert run_state.last_held_out(rows(1, 2, event="eval") + rows(3))["step"] == 2


def test_the_newest_checkpoint_is_the_one_that_is_named_and_there(tmp_path):
    folder = str(tmp_path)
    assert run_state.newest_checkpoint(folder) is None and run_state.checkpoint_step(folder) == 0
    for name in ("model.ckpt-5", "/elsewhere/before/model.ckpt-5"):  # as it stands in a folder that has moved
        (tmp_path / "checkpoint").write_text('model_checkpoint_path: "%s"\nall_model_checkpoint_paths: "x-9"\n' % name)
        assert run_state.newest_checkpoint(folder) is None  # its files are not there
        (tmp_path / "model.ckpt-5.index").write_bytes(b"")
        assert run_state.newest_checkpoint(folder) == os.path.join(folder, "model.ckpt-5")
        assert run_state.checkpoint_step(folder) == 5
        (tmp_path / "model.ckpt-5.index").unlink()
    for damaged in (b"", b"\xff\xfe", b"model_checkpoint_path: 5"):
        (tmp_path / "checkpoint").write_bytes(damaged)
        assert run_state.newest_checkpoint(folder) is None


def test_status_lives_with_damage(tmp_path):
    folder = tmp_path / "models" / "m"
    folder.mkdir(parents=True)
    assert pretraining.status(str(tmp_path), "m") is None
    (folder / run_state.HPARAMS_FILE).write_text(json.dumps(dict(num_train_steps=9)))
    write(folder, [b"5\n", line(rows(4)[0]), b"null\n"])
    found = pretraining.status(str(tmp_path), "m")
    assert found["step"] == 4 and found["train"]["loss"] == 2.0 and not found["finished"]
