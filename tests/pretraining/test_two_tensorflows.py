"""A run begun on one TensorFlow goes on with the other."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from test_pretrain import command, curve, data_dir  # noqa: F401  (a fixture)

from helpers.pretraining import run_state

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# The environment that make makes for the other TensorFlow, where someone has made it.
OTHER = os.path.join(ROOT, ".venv-tf2" if sys.version_info < (3, 8) else ".venv", "bin", "python")


@pytest.mark.skipif(not os.path.exists(OTHER), reason="the other TensorFlow's environment is not there")
@pytest.mark.parametrize("first, second", [(sys.executable, OTHER), (OTHER, sys.executable)])
def test_a_checkpoint_goes_on_with_the_other_tensorflow(data_dir, first, second):  # noqa: F811
    name = "begun-by-%s" % ("this" if first == sys.executable else "other")

    def start(python, model_name):
        arguments = [python] + command(data_dir, model_name)[1:]
        return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT)

    process = start(first, name)
    for line in process.stdout:
        event = json.loads(line.decode())
        if event["event"] == "train" and event["step"] == 20:
            process.send_signal(signal.SIGTERM)
            break
    process.communicate()
    assert process.returncode == 0
    begun = run_state.checkpoint_step(os.path.join(data_dir, "models", name))
    assert 20 <= begun < 60
    for python, model_name in ((second, name), (first, name + "-alone")):
        process = start(python, model_name)
        process.communicate()
        assert process.returncode == 0
    both, alone = (
        np.array([row["loss"] for row in curve(data_dir, model) if row["event"] == "train"])
        for model in (name, name + "-alone")
    )
    assert len(both) == len(alone) == 60
    np.testing.assert_array_equal(both[:begun], alone[:begun])
    # The same masks and samples with other rounding; in time that lets another word be sampled somewhere.
    np.testing.assert_allclose(both[begun : begun + 10], alone[begun : begun + 10], rtol=1e-3)
    np.testing.assert_allclose(both[begun:], alone[begun:], rtol=0.3)
    assert len(os.listdir(os.path.join(data_dir, "models"))) == len(
        {entry.split(".old")[0] for entry in os.listdir(os.path.join(data_dir, "models"))}
    )  # nothing was put aside as another run
