"""The measurements for a GPU: what compares two devices can tell them apart, and the whole command runs on a CPU."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.gpu import __main__ as command
from benchmarks.gpu import children, comparison

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


def test_shares_are_of_pytorchs_best_step():
    rows = [
        dict(name="small, 30,522 words, TensorFlow, as shipped", step=0.02, memory_gb=1.0),
        dict(name="small, 30,522 words, PyTorch, eager", step=0.05, memory_gb=2.0),
        dict(name="small, 30,522 words, PyTorch, sdpa", step=0.04, memory_gb=2.0),
        dict(name="base, 30,522 words, TensorFlow, as shipped", step=0.2, memory_gb=9.0),
    ]
    lines = command.table(dict(rows=rows))
    assert "| small, 30,522 words, TensorFlow, as shipped | 20.00 | 1.00 | 0.50 |" in lines
    assert "| base, 30,522 words, TensorFlow, as shipped | 200.00 | 9.00 |  |" in lines


def test_a_part_that_fails_is_written_down_and_the_next_goes_on(tmp_path):
    results = tmp_path / "gpu.json"
    results.write_text(json.dumps(dict(profile={"ran": 1}, rows=[dict(name="kept", step=1.0, memory_gb=1.0)])))
    arguments = ["--dry", "--only", "memory", "facts", "--folder", str(tmp_path / "work"), "--results", str(results)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gpu"] + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    found = json.loads(results.read_text())
    assert done.returncode == 1 and "there is no row" in found["errors"]["memory"], done.stderr.decode()
    assert found["facts"]["tensorflow"] and found["profile"] == {"ran": 1} and found["rows"][0]["name"] == "kept"


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
    assert {f"tiny, 30,522 words, TensorFlow, {name}" for name in command.DRY["ours"]} <= set(rows)
    assert all(row["memory_gb"] > 0.1 for row in rows.values())
    for name in ("float32", "TF32 where the card has it"):
        assert found["equality"][name]["gradients"] < 1e-4 and found["equality"][name]["same_masks"]
    assert sum(found["profile"]["ran"].values()) > 500
    training = found["training"]
    assert training["goes on everywhere"] and 0.3 < training["held_out"]["disc_auc"] < 1
    assert training["to the end on the GPU"]["step"] == training["num_train_steps"]
    assert "double gradient_accumulation_steps (now 1)" in found["memory"]["said"]
    assert found["memory"]["fits_in_parts"] > 1
