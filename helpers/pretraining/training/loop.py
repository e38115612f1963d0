"""The loop around a Trainer: train, evaluate on held-out text, leave checkpoints, go on where it stopped."""

import argparse
import contextlib
import math
import os
import time
from typing import Any, Dict

from helpers.base import lock, remote
from helpers.base.errors import TutorialError
from helpers.base.events import Reporter, on_stop
from helpers.base.files import write_aside
from helpers.pretraining import hyperparameters, run_state
from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.network import initial_weights
from helpers.pretraining.training import workers


class StopRequest:
    """True from the first SIGINT, SIGTERM or SIGHUP on, or after ``max_seconds``: the step ends and is saved.

    Until ``listen`` is called a signal does what it did before: it ends a run that has nothing to save yet.
    """

    def __init__(self, max_seconds: float = 0) -> None:
        self._signalled = False
        self._end = time.monotonic() + max_seconds if max_seconds else math.inf

    def listen(self) -> None:
        """From now on a signal is noted."""
        on_stop(self._note)

    def _note(self, number, frame):
        self._signalled = True

    def __bool__(self):
        return self._signalled or time.monotonic() > self._end


class Run:
    """The loop around a Trainer: when to log, evaluate and save.

    With several workers all go through the same steps; rank 0 alone evaluates and writes.
    """

    def __init__(self, hparams: Hyperparameters, reporter: Reporter, stop: Any, joined: Any) -> None:
        from helpers.pretraining.training.trainer import Trainer

        self.hparams, self.reporter, self.stop, self.workers = hparams, reporter, stop, joined
        self.leads = joined.rank == 0
        self.trainer = Trainer(hparams, reporter, joined)
        self.step = self.saved = self.trainer.step
        if self.leads:
            self._open_files()

    def _open_files(self):
        from helpers.pretraining.training.metrics_log import MetricsLog

        hparams, checkpoints = self.hparams, self.trainer.checkpoints
        checkpoints.clear()
        checkpoints.check_room(1 + (hparams.num_train_steps - self.step) // hparams.save_checkpoints_steps)
        rows, damaged = run_state.cut_metrics(hparams.model_dir, self.step)
        if damaged:
            self.reporter.message(f"{damaged} damaged lines of {run_state.METRICS_FILE} are left out")
        self.last_eval = run_state.last_held_out(rows)
        if checkpoints.forget_best_of_other_examples():
            self.reporter.message(
                f"the model in {run_state.BEST_FOLDER}/ was the best on other held-out examples (valid_tfrecords, "
                "num_eval_steps or eval_batch_size have changed): the next evaluation's takes its place"
            )
        run_state.begin(hparams, self.trainer.tensorflow_version, self.workers.size, self.step)
        self.log = MetricsLog(hparams.model_dir, self.step)
        self.beat = run_state.Heartbeat(hparams.model_dir)

    def __call__(self) -> bool:
        """Train until the last step or a stop; returns whether the run is finished."""
        hparams = self.hparams
        self._announce()
        stopping = self._evaluate_if_due()  # a stop may have cut it short
        with contextlib.closing(
            self.trainer.examples.batches(hparams.train_batch_size, hparams.seed, start_step=self.step)
        ) as batches:
            while self.step < hparams.num_train_steps and not stopping:
                stopping = self._train_step(next(batches))
                # The last step's evaluation and checkpoint come after the loop, wherever that ends.
                if self.step < hparams.num_train_steps:
                    stopping = self._evaluate_if_due() or stopping
                    if self.step % hparams.save_checkpoints_steps == 0:
                        self._save()
        # Rank 0 alone knows whether the last evaluation was cut short.
        finished = not self.workers.any(self.step < hparams.num_train_steps or not self._evaluate())
        if self.saved != self.step:
            self._save()
        self.reporter.close()
        if self.leads:
            self.log.close()
            self.beat.end()
        return finished

    def _announce(self):
        self.reporter.start("pre-training", self.hparams.num_train_steps, "step", initial=self.step)
        self._rated = self.step, time.time()

    def _train_step(self, batch):
        """One step; returns whether to stop after it."""
        hparams = self.hparams
        look = self._looks_at(self.step + 1)
        values, stopping = self.trainer.train_step(batch, bool(self.stop), look)
        self.step += 1
        if not look:
            self.reporter.advance()
            self.beat("training", self.step, hparams.num_train_steps)
            return False
        for what, name in ("loss", "loss"), ("gradient", "grad_norm"):
            if not math.isfinite(values[name]):
                raise TutorialError(
                    f"the {what} became {values[name]} at step {self.step}; the last good checkpoint is that of step "
                    f"{self.saved}: start again from it with a lower learning_rate than {hparams.learning_rate:g}"
                )
        self.reporter.advance(loss=round(values["loss"], 3))
        if self.leads:
            self.beat("training", self.step, hparams.num_train_steps)
            if self.step % hparams.log_steps == 0 or self.step == hparams.num_train_steps:
                step, then = self._rated
                self._rated = self.step, time.time()
                rate = (self.step - step) * hparams.train_batch_size / max(1e-9, self._rated[1] - then)
                self._record(dict(event="train", step=self.step, examples_per_second=round(rate, 2), **values))
        return stopping or bool(self.stop) and self.workers.size == 1

    def _looks_at(self, step):
        """Whether the values of ``step`` are wanted: none is saved, evaluated or stopped after without a look at it."""
        hparams = self.hparams
        wanted = [self.trainer.look_every, hparams.log_steps, hparams.save_checkpoints_steps, hparams.eval_steps]
        due = any(each and step % each == 0 for each in wanted)
        return due or step == hparams.num_train_steps or bool(self.stop)

    def _evaluate_if_due(self):
        """Evaluate where ``eval_steps`` wants it; returns whether to stop."""
        hparams = self.hparams
        if not (hparams.eval_steps and self.step and self.step % hparams.eval_steps == 0):
            return False
        if self.step < hparams.num_train_steps:
            self._evaluate()
            self._announce()
        return self.workers.any(self.stop)

    def _evaluate(self):
        """Evaluate unless it is done already; returns whether there is nothing left to evaluate here."""
        if not self.leads or not self.trainer.evaluator:
            return True
        if self.last_eval.get("step") != self.step:
            row = self.trainer.evaluate(self.step, self._cut_short)
            if row is None:
                return False
            if self.hparams.keep_best and self.hparams.eval_steps:
                self.trainer.save_best(row)
            self.last_eval = row
            self._record(row)
        return True

    def _cut_short(self):
        self.beat("evaluating", self.step, self.hparams.num_train_steps)
        return bool(self.stop)

    def _record(self, row):
        self.log.write(row)
        self.reporter.emit(**row)

    def _save(self):
        if self.leads:
            self.beat("saving", self.step, self.hparams.num_train_steps)
            self.log.flush()
            self.trainer.save(self.step)
        self.saved = self.step


def train(hparams: Hyperparameters, reporter: Reporter, joined: Any) -> Dict[str, Any]:
    """Train to ``num_train_steps``, a stop request or ``max_seconds``; returns a summary dict."""
    began = time.time()
    training, stop = None, StopRequest(hparams.max_seconds)
    try:
        if joined.size > 1:  # the others wait for this one
            stop.listen()
        training = Run(hparams, reporter, stop, joined)
        stop.listen()
        finished = training()
    except OSError as error:
        where = f"the last good checkpoint is that of step {training.saved}" if training else "nothing is lost"
        raise TutorialError(f"training cannot go on: {error}; {where}: mend it and give the same call again")
    finally:
        if training:
            training.trainer.close()
    seconds = time.time() - began
    if finished and training.leads:
        run_state.finish(hparams, seconds)
    elif not finished:
        reporter.message(f"stopped at step {training.step}; the same call goes on from there")
    return dict(step=training.step, stopped=not finished, seconds=round(seconds, 1))


def evaluate(hparams: Hyperparameters, reporter: Reporter) -> Dict[str, Any]:
    """Evaluate the last checkpoint, write results_txt; returns the metrics."""
    from helpers.pretraining.training.trainer import Trainer

    if not run_state.checkpoint_step(hparams.model_dir):
        raise TutorialError(f"there is no checkpoint in {hparams.model_dir} to evaluate; train first")
    with contextlib.closing(Trainer(hparams, reporter, workers.Alone())) as trainer:
        if trainer.evaluator is None:
            raise TutorialError("there are no held-out examples; name them with valid_tfrecords")
        metrics = trainer.evaluate(trainer.step)
    reporter.close()
    with write_aside(hparams.results_txt) as file:
        file.writelines(f"{name} = {value}\n" for name, value in metrics.items() if name != "event")
    return metrics


def work(arguments: argparse.Namespace, reporter: Reporter) -> None:
    """What the command line asks for."""
    settings = hyperparameters.parse(arguments.hparams)
    if arguments.max_seconds is not None:
        settings["max_seconds"] = arguments.max_seconds
    hparams = hyperparameters.resolve_in(arguments.data_dir, arguments.model_name, settings)
    if remote.is_remote(hparams.model_dir):
        raise TutorialError(
            f"the model's folder {hparams.model_dir} must lie on this machine; pretrain_tfrecords and valid_tfrecords "
            "may lie anywhere"
        )
    joined = workers.join()
    if joined.rank:
        result = _perform(hparams, Reporter(silent=True), joined)
    else:
        with lock.model(hparams.model_dir, arguments.data_dir, "pre-training", reporter.message):
            result = _perform(hparams, reporter, joined)
    if joined.rank == 0:
        reporter.result(**result)


def _perform(hparams, reporter, joined):
    """Train and evaluate as ``hparams`` say; returns the result."""
    result, finished = {}, False
    if hparams.do_train and joined.rank == 0:
        finished = _prepare_folder(hparams, reporter, result)
    if hparams.do_train and not joined.any(finished):
        result.update(train(hparams, reporter, joined))
    if hparams.do_eval and joined.rank == 0:
        result.update(evaluation=evaluate(hparams, reporter))
    return result


def _prepare_folder(hparams, reporter, result):
    """Make the run's folder, putting another run's aside; returns whether the run is finished already."""
    state = run_state.look(hparams)
    if hparams.init_checkpoint and state.kind in ("new", "other"):
        initial_weights.check(hparams)
    if state.kind == "other":
        reporter.message(
            f"the run in {hparams.model_dir} differs ({state.reason}): it is put aside, another one begins"
        )
        aside = run_state.put_aside(hparams.model_dir)
        reporter.message(f"the earlier run is kept in {aside}")
    if state.kind == "finished":
        reporter.message(f"up to date: {hparams.model_dir} has its {state.step} steps")
        result.update(step=state.step, stopped=False)
        return True
    os.makedirs(hparams.model_dir, exist_ok=True)
    return False
