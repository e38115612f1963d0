"""The form of the step that suits a GPU: it makes the same update, and XLA compiles it."""

import json
import os
import subprocess
import sys

import pytest
from test_pretrain import SETTINGS, command, curve, data_dir  # noqa: F401  (a fixture)
from test_updates import assert_same, trained

from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.environment import gpu
from helpers.pretraining import hyperparameters
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import trainer, workers

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
    assert "_XlaRun" in kinds
    # Left outside: masks, random numbers.
    outside = {"MatMul", "_MklMatMul", "BatchMatMul", "BatchMatMulV2", "Exp", "Erf", "L2Loss", "ResourceApplyAdam"}
    assert not outside & set(kinds)


@pytest.mark.slow
def test_a_run_goes_on_compiled_or_not(data_dir):  # noqa: F811
    """In the quick tests: xla may change (test_loop.py), and the compiled update is the same (below and above)."""
    for name, steps, xla in ("plain", 5, False), ("changed", 3, True), ("changed", 5, False):
        # XLA's flags count when a process makes its first session.
        subprocess.check_call(
            command(data_dir, name, num_train_steps=steps, num_warmup_steps=1, eval_steps=0, xla=xla),
            stdout=subprocess.DEVNULL,
        )
    rows = [[row for row in curve(data_dir, name) if row["event"] == "train"] for name in ("plain", "changed")]
    assert [row["step"] for row in rows[1]] == [1, 2, 3, 4, 5]
    # The two lengths make two schedules: the first update is after the same losses.
    assert rows[1][0]["loss"] == pytest.approx(rows[0][0]["loss"], rel=1e-5)


def test_compiling_is_asked_for_and_said(data_dir):  # noqa: F811
    """It took more than a minute and a half on 16 cores for the small model, so nobody gets it unasked."""
    assert hyperparameters.resolve({}).xla is False and "xla" in hyperparameters.MAY_CHANGE
    for xla in (False, True):
        hparams = hyperparameters.resolve_in(data_dir, "said", dict(SETTINGS, valid_tfrecords="", xla=xla))
        said, reporter = [], Reporter(silent=True)
        reporter.message = said.append
        trainer.Trainer(hparams, reporter, workers.Alone()).close()
        assert sum("is compiled before the first one" in line for line in said) == xla


@pytest.mark.parametrize("parts, cores, threads", [(1, 2, 0), (2, 1, 1), (2, 8, 4)])
def test_each_half_has_its_share_of_the_cores(data_dir, monkeypatch, parts, cores, threads):  # noqa: F811
    monkeypatch.setattr(gpu, "cores", lambda: cores)
    hparams = hyperparameters.resolve_in(data_dir, "cores", dict(SETTINGS, valid_tfrecords="", parallel_parts=parts))
    made = trainer.Trainer(hparams, Reporter(silent=True), workers.Alone())
    assert made._session._config.intra_op_parallelism_threads == threads
    made.close()


def test_a_machine_that_cannot_compile_is_told_what_to_do(data_dir, monkeypatch):  # noqa: F811
    hparams = hyperparameters.resolve_in(data_dir, "uncompiled", dict(SETTINGS, valid_tfrecords=""))
    made = trainer.Trainer(hparams, Reporter(silent=True), workers.Alone())
    batch = made.examples.read(0, hparams.train_batch_size, 0)
    hparams.xla = True

    class WithoutLibraries:  # a GPU's session where XLA's files are missing
        def run(self, *arguments):
            raise tf.errors.InternalError(None, None, "libdevice not found at ./libdevice.10.bc")

        close = made._session.close

    monkeypatch.setattr(made, "_session", WithoutLibraries())
    with pytest.raises(TutorialError, match=r"cannot be compiled here \(.*libdevice.*\): set xla to false"):
        made.train_step(batch)
    made.close()
