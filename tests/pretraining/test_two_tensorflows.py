"""A run begun on one TensorFlow goes on with the other."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from test_pretrain import command, curve, data_dir, run  # noqa: F401  (a fixture)

from helpers.pretraining import run_state

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The environment that make makes for the other TensorFlow, where someone has made it.
OTHER = os.path.join(ROOT, ".venv-tf2" if sys.version_info < (3, 8) else ".venv", "bin", "python")


HERE = sys.executable
STEPS, BEGUN = 16, 4
SHORT = dict(num_train_steps=STEPS, eval_steps=0, save_checkpoints_steps=100)


def start(python, data_dir, name):  # noqa: F811
    arguments = [python] + command(data_dir, name, **SHORT)[1:]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)


@pytest.mark.skipif(not os.path.exists(OTHER), reason="the other TensorFlow's environment is not there")
@pytest.mark.parametrize(
    "first, second",
    [(HERE, OTHER), pytest.param(OTHER, HERE, marks=pytest.mark.slow)],
    ids=["this first", "other first"],
)
def test_a_checkpoint_goes_on_with_the_other_tensorflow(data_dir, first, second):  # noqa: F811
    process = start(first, data_dir, "both")
    for line in process.stdout:
        event = json.loads(line.decode())
        if event["event"] == "train" and event["step"] == BEGUN:
            process.send_signal(signal.SIGTERM)
            break
    process.communicate()
    assert process.returncode == 0
    begun = run_state.checkpoint_step(os.path.join(data_dir, "models", "both"))
    assert BEGUN <= begun < STEPS
    for python, name in ((second, "both"), (first, "alone")):
        if python == HERE:
            run(data_dir, name, **SHORT)
            continue
        process = start(python, data_dir, name)
        process.communicate()
        assert process.returncode == 0
    both, alone = (
        np.array([row["loss"] for row in curve(data_dir, name) if row["event"] == "train"])
        for name in ("both", "alone")
    )
    assert len(both) == len(alone) == STEPS
    np.testing.assert_array_equal(both[:begun], alone[:begun])
    # The same masks and samples with other rounding; in time that lets another word be sampled somewhere.
    np.testing.assert_allclose(both[begun : begun + 10], alone[begun : begun + 10], rtol=1e-3)
    assert sorted(os.listdir(os.path.join(data_dir, "models"))) == ["alone", "both"], (
        "none was put aside as another run"
    )
