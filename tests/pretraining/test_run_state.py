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


def test_a_row_stands_in_metrics_jsonl_and_under_its_name_and_step_in_tensorboards_events(tmp_path):
    tf = pytest.importorskip("helpers.pretraining.network.runtime").tf
    from helpers.pretraining.training.metrics_log import MetricsLog

    log = MetricsLog(str(tmp_path), 3)
    written = [dict(event="train", step=4, loss=2.5), dict(event="eval", step=5, disc_loss=0.5, mlm_loss=1.5)]
    for row in written:
        log.write(row)
    log.flush()
    log.close()
    assert run_state.read_metrics(str(tmp_path)) == written
    (name,) = [name for name in os.listdir(str(tmp_path)) if name.startswith("events.out")]
    events = list(tf.train.summary_iterator(str(tmp_path / name)))
    assert [event.step for event in events if event.HasField("session_log")] == [3], "what was written beyond is hidden"
    found = {(value.tag, event.step): value.simple_value for event in events for value in event.summary.value}
    assert found == {("train/loss", 4): 2.5, ("eval/disc_loss", 5): 0.5, ("eval/mlm_loss", 5): 1.5}


def test_what_a_finished_run_gives_a_notebook_and_what_half_a_run_does_not(tmp_path, capsys):
    from helpers.pretraining import hyperparameters

    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n")
    settings = dict(num_train_steps=4, model_size="tiny")
    hparams = hyperparameters.resolve_in(str(tmp_path), "m", settings)
    os.makedirs(hparams.model_dir)
    run_state.begin(hparams, "1.15.0")
    with open(os.path.join(hparams.model_dir, "checkpoint"), "w") as file:
        file.write('model_checkpoint_path: "model.ckpt-4"\n')
    open(os.path.join(hparams.model_dir, "model.ckpt-4.index"), "w").close()
    run_state.finish(hparams, 2.5)
    write(hparams.model_dir, map(line, rows(2, 4, event="eval") + rows(4)))
    for call in (pretraining.pretrain, pretraining.finish):
        found = call(str(tmp_path), "m", **settings)
        assert (found["up_to_date"], found["step"], found["stopped"], found["seconds"]) == (True, 4, False, 2.5)
        assert found["held_out"]["step"] == 4 and found["held_out"]["event"] == "eval" and len(found["metrics"]) == 3
        assert os.path.samefile(found["model_dir"], hparams.model_dir)
    assert "has its 4 steps" in capsys.readouterr().out
