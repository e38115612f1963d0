"""The measurements for a GPU: what compares two devices can tell them apart, and the whole command runs on a CPU."""

import json
import os
import signal
import subprocess
import sys
import time
import types

import numpy as np
import pytest

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import children, comparison, plan, runs

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def arrays(**changes):
    found = {
        "loss": np.float32(20.0), "mlm_loss": np.float32(8.0), "disc_loss": np.float32(0.24),
        "gradient/one": np.array([3.0, 4.0], np.float32), "gradient/other": np.array([[0.1]], np.float32),
        "gradient/next to nothing": np.array([1e-9], np.float32), "masked/input_ids": np.array([[1, 2]]),
    }  # fmt: skip
    return dict(found, **changes)


def test_devices_that_differ_are_told_apart():
    same = comparison.compared(arrays(), arrays())
    assert same["same_masks"] and not any(same[name] for name in ("loss", "gradients", "worst_gradient"))
    differ = comparison.compared(arrays(), arrays(**{"gradient/other": np.array([[0.12]], np.float32)}))
    assert differ["worst_gradient_of"] == "other" and differ["worst_gradient"] == pytest.approx(0.2, rel=1e-3)
    assert differ["gradients"] == pytest.approx(0.02 / 5, rel=1e-2)
    rounding = comparison.compared(arrays(), arrays(**{"gradient/next to nothing": np.array([2e-9], np.float32)}))
    assert rounding["worst_gradient"] < 1e-5
    assert not comparison.compared(arrays(), arrays(**{"masked/input_ids": np.array([[1, 3]])}))["same_masks"]
    assert comparison.compared(arrays(), arrays(loss=np.float32(22.0)))["loss"] == pytest.approx(0.1)


def test_losses_that_are_known(tmp_path):
    (tmp_path / "expected.json").write_text(
        json.dumps(dict(total_loss=20.0, mlm_loss=8.0, disc_loss=0.24, grad_norm_before_clip=10.0))
    )
    apart = comparison.against_expected(arrays(), str(tmp_path))
    assert apart["total_loss"] == 0 and apart["grad_norm_before_clip"] == pytest.approx(0.5, rel=1e-3)


def test_a_command_that_hangs_or_fails_is_one_sentence():
    clock = children.Clock(60)
    assert children.measured([sys.executable, "-c", "print('noise'); print('{\"step\": 2}')"], clock.left()) == {
        "step": 2
    }
    with pytest.raises(children.Failed, match="no such luck"):
        children.measured([sys.executable, "-c", "raise SystemExit('no such luck')"], clock.left())
    with pytest.raises(children.Failed, match="stopped after 2 s"):
        children.measured([sys.executable, "-c", "import time; time.sleep(60)"], 2)
    with pytest.raises(children.Failed, match="no time was left"):
        children.measured([sys.executable, "-c", ""], children.Clock(0).left())


def test_what_a_command_found_before_it_failed_counts():
    row = "print('{\"step\": 2}', flush=True); "
    crashed = children.measured([sys.executable, "-c", row + "import os; os.kill(os.getpid(), 11)"], 30)
    assert crashed["step"] == 2 and "SIGSEGV" in crashed["ended"]
    late = children.measured([sys.executable, "-c", row + "import time; time.sleep(60)"], 3)
    assert late["step"] == 2 and "stopped after 3 s" in late["ended"]
    with pytest.raises(children.Failed, match="printed no result: ''"):
        children.measured([sys.executable, "-c", ""], 30)
    with pytest.raises(children.Failed, match="printed no result: 'not JSON"):
        children.measured([sys.executable, "-c", "print('not JSON')"], 30)
    with pytest.raises(children.Failed, match="SIGSEGV"):
        children.measured([sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"], 30)


def test_what_a_command_started_ends_with_it(tmp_path):
    alive = tmp_path / "alive"
    starts = f"open({str(alive)!r}, 'w').close() if time.sleep(20) is None else 0"
    worker = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {'import time; ' + starts!r}])"
    with pytest.raises(children.Failed, match="stopped after 3 s"):
        children.follow([sys.executable, "-c", worker + "; time.sleep(60)"], 3, lambda line: None)
    assert not alive.exists()  # it had the output open, so that one waited for it


def test_pytorch_gets_the_drivers_folder_and_nothing_of_tensorflows(tmp_path, monkeypatch):
    for name in ("driver", "cuda"):
        (tmp_path / name).mkdir()
    (tmp_path / "driver" / "libcuda.so.1").touch()
    (tmp_path / "cuda" / "libcublas.so.12").touch()
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}/cuda:{tmp_path}/driver:")
    monkeypatch.setenv("PYTHONPATH", "packages")
    found = children.environment(foreign=False)
    assert found["LD_LIBRARY_PATH"] == f"{tmp_path}/driver" and "PYTHONPATH" not in found
    assert children.environment()["LD_LIBRARY_PATH"] == f"{tmp_path}/cuda:{tmp_path}/driver:"
    monkeypatch.setenv("LD_LIBRARY_PATH", f"{tmp_path}/cuda")
    assert "LD_LIBRARY_PATH" not in children.environment(foreign=False)


def bench(tmp_path, *arguments):
    given = ["--folder", str(tmp_path / "work"), "--results", str(tmp_path / "gpu.json"), *arguments]
    return command.Bench(command.parser().parse_args(given))


def test_a_part_that_hangs_or_breaks_leaves_the_others_their_time(tmp_path, monkeypatch):
    now, left, written = [1000.0], {}, {}

    def stands_for(part):
        def work(self):
            left[part] = self.clock.left()
            written[part] = (tmp_path / "gpu.json").exists() and json.loads((tmp_path / "gpu.json").read_text())
            if part == "facts":  # a driver that does not answer
                now[0] += self.clock.left()
                raise children.Failed("stopped after 4 s")
            if part == "words":
                raise TypeError("a part of ours is wrong")

        return work

    monkeypatch.setattr(children, "time", types.SimpleNamespace(monotonic=lambda: now[0]))
    for part in plan.PARTS:
        monkeypatch.setattr(command.Bench, part, stands_for(part))
    found = bench(tmp_path, "--seconds", "48")()
    assert set(found["errors"]) == {"facts", "words"} and found["errors"]["words"].startswith("TypeError")
    assert "stopped after 4 s" in found["errors"]["facts"]
    gone = {part: 4 * (part != "facts") for part in plan.PARTS}
    assert left == pytest.approx({part: end / 10 - gone[part] for part, end in plan.ENDS.items()})  # 48 s of 480
    assert set(written["data"]["seconds"]) == {"facts"} and "words" in written["training"]["errors"]


def test_the_data_for_a_card_can_be_made(tmp_path, monkeypatch):
    monkeypatch.setitem(plan.FULL, "lines", plan.FULL["lines"] and 3000)
    made = bench(tmp_path)
    made.clock = children.Clock(600)
    made.data()
    assert os.listdir(os.path.join(made.data_dir, "pretrain_tfrecords"))


def test_each_part_has_time_of_its_own():
    assert list(plan.ENDS) == list(plan.PARTS) and plan.FULL["seconds"] == plan.LAST
    ends = list(plan.ENDS.values())
    assert ends == sorted(ends) and min(after - before for before, after in zip([0] + ends, ends[:-1])) >= 40


def test_a_run_that_breaks_off_keeps_what_it_found(tmp_path):
    found, clock = {}, children.Clock(600)
    with pytest.raises(children.Failed, match="begun on the CPU: .*vocab.txt"):
        runs.over_devices(str(tmp_path), {"model_size": "tiny"}, clock, 1, 1, found, 600)
    assert found["num_train_steps"] == 12 and found["begun on the CPU"]["status"] == 1
    with pytest.raises(children.Failed, match="the card's memory cannot be taken: ."):  # there is no card
        runs.crowded(str(tmp_path), {}, clock, dict(card_gb=1.0, memory_gb=1.0), found)


def test_shares_are_of_pytorchs_best_step():
    rows = [
        dict(name="small, 30,522 words, TensorFlow, as shipped", step=0.02, memory_gb=1.0),
        dict(name="small, 30,522 words, PyTorch, eager", step=0.05, memory_gb=2.0),
        dict(name="small, 30,522 words, PyTorch, sdpa", step=0.04, memory_gb=2.0),
        dict(name="base, 30,522 words, TensorFlow, as shipped", step=0.2, memory_gb=9.0),
    ]
    lines = comparison.table(dict(rows=rows))
    assert "| small, 30,522 words, TensorFlow, as shipped | 20.00 | 1.00 | 0.50 |" in lines
    assert "| base, 30,522 words, TensorFlow, as shipped | 200.00 | 9.00 |  |" in lines


def test_a_part_that_fails_is_written_down_and_the_next_goes_on(tmp_path):
    results = tmp_path / "gpu.json"
    results.write_text(json.dumps(dict(equality={"kept": 1}, rows=[dict(name="kept", step=1.0, memory_gb=1.0)])))
    arguments = ["--dry", "--only", "memory", "facts", "--folder", str(tmp_path / "work"), "--results", str(results)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu"] + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    found = json.loads(results.read_text())
    assert done.returncode == 1 and "there is no row" in found["errors"]["memory"], done.stderr.decode()
    assert found["facts"]["tensorflow"] and found["equality"] == {"kept": 1} and found["rows"][0]["name"] == "kept"


def test_without_a_gpu_nothing_of_ours_is_measured(tmp_path):
    results = tmp_path / "gpu.json"
    arguments = ["--only", "facts", "equality", "--folder", str(tmp_path / "work"), "--results", str(results)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu"] + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=dict(os.environ, CUDA_VISIBLE_DEVICES=""),
    )  # fmt: skip
    found = json.loads(results.read_text())
    assert done.returncode == 1, done.stderr.decode()
    assert "TensorFlow sees no GPU (" in found["errors"]["facts"] and "--dry" in found["errors"]["facts"]
    assert found["errors"]["equality"].endswith("TensorFlow sees no GPU") and "equality" not in found
    assert found["facts"]["tried"]["product"] >= 0 and found["facts"]["not_found"]


def test_a_command_that_is_stopped_writes_what_there_is(tmp_path):
    results = tmp_path / "gpu.json"
    arguments = ["--dry", "--only", "facts", "--folder", str(tmp_path / "work"), "--results", str(results)]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.gpu"] + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while not results.exists() and process.poll() is None:  # written once it asks TensorFlow
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    assert process.returncode == 130 and b"stopped; what there was until then is in" in said
    found = json.loads(results.read_text())
    assert found["errors"] == {"facts": "stopped"} and found["facts"]["processors"]


@pytest.mark.slow
def test_all_of_it_runs_on_a_cpu(tmp_path):
    results = tmp_path / "gpu.json"
    arguments = ["--dry", "--folder", str(tmp_path / "work"), "--results", str(results)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu"] + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    found = json.loads(results.read_text())
    without_pytorch = {"PyTorch": "no interpreter with PyTorch 2 and transformers 5 is at hand"}
    assert found["errors"] in ({}, without_pytorch), done.stderr.decode()
    rows = {row["name"]: row for row in found["rows"]}
    for words in ("30,522", "119,547"):
        assert rows[f"tiny, {words} words, TensorFlow, as shipped"]["step"] > 0
    assert {f"tiny, 30,522 words, TensorFlow, {name}" for name in ("as shipped", "XLA")} <= set(rows)
    assert all(row["memory_gb"] > 0.1 for row in rows.values())
    assert set(found["facts"]["tried"]) >= {"product", "product of bfloat16"}
    assert not any(isinstance(outcome, str) for outcome in found["facts"]["tried"].values())
    for name in ("float32", "TF32 where the card has it", "compiled by XLA"):
        assert found["equality"][name]["gradients"] < 1e-4 and found["equality"][name]["same_masks"]
    assert sum(rows["tiny, 30,522 words, TensorFlow, as shipped"]["trace"]["ran"].values()) > 500
    training = found["training"]
    assert training["goes on everywhere"] and 0.3 < training["held_out"]["disc_auc"] < 1
    assert 2 < training["to the end on the GPU"]["step"] <= training["num_train_steps"]
    assert "double gradient_accumulation_steps (now 1)" in found["memory"]["said"]
    assert found["memory"]["fits_in_parts"] > 1
