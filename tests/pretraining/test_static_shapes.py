"""The form of the step that suits a GPU: it makes the same update, and XLA compiles it."""

import json
import os
import subprocess
import sys

import pytest
from test_updates import assert_same, trained

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        dict(gradient_accumulation_steps=2),
        dict(loss_on_all_tokens=False),
        dict(electra_objective=False),
        dict(untied_generator=False, temperature=2.0),
        dict(uniform_generator=True, disallow_correct=True),
        dict(untied_generator_embeddings=True, disallow_correct=True),
    ],
)
def test_the_update_is_the_same(changes):
    assert_same(trained(static_shapes=True, **changes), trained(**changes), 1e-5)


# Flags of XLA count when a process makes its first session, so this has one of its own.
COMPILED = """
import json, sys
sys.path[:0] = sys.argv[1:]
import test_updates
from benchmarks.gpu import step
from helpers.pretraining.network import runtime

sessions = []

class Traced(step.Traced):
    def run(self, fetches, feed=None):  # the last step's trace is kept, not that of reading the variables
        return self._session.run(fetches) if feed is None else super().run(fetches, feed)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        sessions.append(self)

plain = runtime.session
test_updates.session = plain
one = test_updates.trained(static_shapes=True)
test_updates.session = lambda: Traced(plain(xla=True))
test_updates.trained.cache_clear()
other = test_updates.trained(static_shapes=True)
test_updates.assert_same(other, one, 1e-4)
nodes = [node for device in sessions[0].metadata.step_stats.dev_stats for node in device.node_stats]
print(json.dumps([node.timeline_label.partition(" = ")[2].partition("(")[0] for node in nodes]))
"""


def test_xla_compiles_nearly_all_of_it():
    flags = dict(os.environ, TF_XLA_FLAGS="--tf_xla_cpu_global_jit")
    command = [sys.executable, "-c", COMPILED, FOLDER, ROOT]
    kinds = json.loads(subprocess.check_output(command, env=flags, cwd=ROOT, universal_newlines=True).split("\n")[-2])
    assert "_XlaRun" in kinds and "ApplyAdam" in kinds
    # Left outside: variables and their updates, masks, random numbers.
    assert not {"MatMul", "_MklMatMul", "BatchMatMul", "BatchMatMulV2", "Softmax", "_MklSoftmax", "Erf"} & set(kinds)
