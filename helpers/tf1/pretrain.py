"""Pre-train ELECTRA: train, evaluate on held-out text, leave checkpoints, go on where it stopped.

    python -m helpers.tf1.pretrain --data-dir data --model-name electra-spanish \\
        --hparams '{"model_size": "small", "num_train_steps": 100, "train_batch_size": 32}'

Reads  DATA_DIR/pretrain_tfrecords/, valid_tfrecords/, vocab.txt
Writes DATA_DIR/models/MODEL_NAME/: model.ckpt-STEP, hparams.json, metrics.jsonl, TensorBoard events

The same command again resumes from the last checkpoint.  Ctrl-C or SIGTERM saves one and ends well.
"""

import argparse
import contextlib
import math
import os
import signal
import time

from .. import hyperparameters, lock, run_state
from ..errors import TutorialError
from ..events import add_events_flag, run
from ..files import write_aside


class StopRequest:
    """True from the first SIGINT or SIGTERM on, or after ``max_seconds``: the step at hand ends and is saved."""

    def __init__(self, max_seconds=0):
        self._signalled = False
        self._end = time.time() + max_seconds if max_seconds else math.inf
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number, frame):
        self._signalled = True

    def __bool__(self):
        return self._signalled or time.time() > self._end


class Trainer:
    """One run's graph, session and files."""

    def __init__(self, hparams, reporter):
        from . import electra, masking, optimization
        from .evaluation import Evaluator
        from .random_streams import RandomStreams
        from .records import RecordFiles
        from .runtime import session, tf

        self.hparams, self.reporter = hparams, reporter
        specials = special_tokens(hparams)
        self.examples = _open_examples(RecordFiles, hparams.pretrain_tfrecords, hparams, reporter)
        held_out = hparams.valid_tfrecords and _open_examples(RecordFiles, hparams.valid_tfrecords, hparams, reporter)

        tf.set_random_seed(hparams.seed)  # of the initial weights alone; all else is stateless
        self._global_step = tf.train.get_or_create_global_step()
        shape = [hparams.train_batch_size, hparams.max_seq_length]
        self._features = masking.Features(*(tf.placeholder(tf.int32, shape, name) for name in masking.Features._fields))
        streams = RandomStreams(hparams.seed, self._global_step, hparams.train_batch_size)
        model = electra.pretraining_model(self._features, hparams, specials, streams, training=True)
        losses = {"loss": model.loss, "mlm_loss": model.mlm.loss}
        if model.rtd is not None:
            losses["disc_loss"] = model.rtd.loss
        update, rate, norm = optimization.training_step(model.loss, hparams, self._global_step)
        self._fetches = (update, dict(losses, learning_rate=rate, grad_norm=norm))
        self.evaluator = Evaluator(hparams, held_out, specials) if held_out else None
        self._saver = tf.train.Saver(max_to_keep=hparams.keep_checkpoint_max or None)
        self._session = session()
        self.tensorflow_version = tf.__version__
        self._initialize(tf)

    def _initialize(self, tf):
        from . import checkpoint_reader

        newest = tf.train.latest_checkpoint(self.hparams.model_dir)
        if newest is None:
            self._session.run(tf.global_variables_initializer())
            return
        checkpoint_reader.check(newest, {v.op.name: tuple(v.shape.as_list()) for v in tf.global_variables()})
        try:
            self._saver.restore(self._session, newest)
        except (tf.errors.OpError, ValueError) as error:
            reason = str(error).split("\n")[0]
            raise TutorialError(
                "checkpoint %s is damaged (%s): to go on from an earlier one, name it in the file %s"
                % (newest, reason, os.path.join(self.hparams.model_dir, "checkpoint"))
            )
        kept = tf.train.get_checkpoint_state(self.hparams.model_dir).all_model_checkpoint_paths
        self._saver.recover_last_checkpoints(kept)

    @property
    def step(self):
        return int(self._session.run(self._global_step))

    def train_step(self, batch):
        """One update; returns its losses, learning rate and gradient norm as floats."""
        feed = {placeholder: batch[name] for name, placeholder in self._features._asdict().items()}
        _, values = self._session.run(self._fetches, feed)
        return {name: float(value) for name, value in values.items()}

    def evaluate(self, step):
        """One row of held-out metrics."""
        self.reporter.start("evaluation", self.evaluator.batches, "batch")
        return dict(event="eval", step=step, **self.evaluator.run(self._session, self.reporter))

    def save(self, step):
        path = os.path.join(self.hparams.model_dir, "model.ckpt")
        self._saver.save(self._session, path, global_step=step, write_meta_graph=False)


class Run:
    """The loop around a Trainer: when to log, evaluate and save."""

    def __init__(self, hparams, reporter, stop):
        from .metrics_log import MetricsLog

        self.hparams, self.reporter, self.stop = hparams, reporter, stop
        os.makedirs(hparams.model_dir, exist_ok=True)
        self.trainer = Trainer(hparams, reporter)
        self.step = self.saved = self.trainer.step
        rows = run_state.cut_metrics(hparams.model_dir, self.step)
        self.last_eval = next((row for row in reversed(rows) if row["event"] == "eval"), None)
        run_state.begin(hparams, self.trainer.tensorflow_version)
        self.log = MetricsLog(hparams.model_dir, self.step)

    def __call__(self):
        """Train until the last step or a stop; returns whether the run is finished."""
        hparams = self.hparams
        self._announce()
        with contextlib.closing(
            self.trainer.examples.batches(hparams.train_batch_size, hparams.seed, start_step=self.step)
        ) as batches:
            while self.step < hparams.num_train_steps and not self.stop:
                self._train_step(next(batches))
                # The last step's evaluation and checkpoint come after the loop, wherever that ends.
                if self.step < hparams.num_train_steps:
                    if hparams.eval_steps and self.step % hparams.eval_steps == 0:
                        self._evaluate()
                        self._announce()
                    if self.step % hparams.save_checkpoints_steps == 0:
                        self._save()
        finished = self.step == hparams.num_train_steps
        if finished:
            self._evaluate()
        if self.saved != self.step:
            self._save()
        self.reporter.close()
        self.log.close()
        return finished

    def _announce(self):
        self.reporter.start("pre-training", self.hparams.num_train_steps, "step", initial=self.step)
        self._rated = self.step, time.time()

    def _train_step(self, batch):
        hparams = self.hparams
        values = self.trainer.train_step(batch)
        self.step += 1
        if not math.isfinite(values["loss"]):
            raise TutorialError(
                "the loss became %s at step %d; the last good checkpoint is that of step %d: start again from it with "
                "a lower learning_rate than %g" % (values["loss"], self.step, self.saved, hparams.learning_rate)
            )
        self.reporter.advance(loss=round(values["loss"], 3))
        if self.step % hparams.log_steps == 0 or self.step == hparams.num_train_steps:
            step, then = self._rated
            self._rated = self.step, time.time()
            rate = (self.step - step) * hparams.train_batch_size / max(1e-9, self._rated[1] - then)
            self._record(dict(event="train", step=self.step, examples_per_second=round(rate, 2), **values))

    def _evaluate(self):
        if self.trainer.evaluator and (self.last_eval is None or self.last_eval["step"] != self.step):
            self.last_eval = self.trainer.evaluate(self.step)
            self._record(self.last_eval)

    def _record(self, row):
        self.log.write(row)
        self.reporter.emit(**row)

    def _save(self):
        self.log.flush()
        self.trainer.save(self.step)
        self.saved = self.step


def train(hparams, reporter):
    """Train to ``num_train_steps``, a stop request or ``max_seconds``; returns a summary dict."""
    began = time.time()
    training = Run(hparams, reporter, StopRequest(hparams.max_seconds))
    finished = training()
    seconds = time.time() - began
    if finished:
        run_state.finish(hparams, seconds)
    else:
        reporter.message("stopped at step %d; the same call goes on from there" % training.step)
    return dict(step=training.step, stopped=not finished, seconds=round(seconds, 1))


def evaluate(hparams, reporter):
    """Evaluate the last checkpoint, write results_txt; returns the metrics."""
    if not run_state.checkpoint_step(hparams.model_dir):
        raise TutorialError("there is no checkpoint in %s to evaluate; train first" % hparams.model_dir)
    trainer = Trainer(hparams, reporter)
    if trainer.evaluator is None:
        raise TutorialError("there are no held-out examples; name them with valid_tfrecords")
    metrics = trainer.evaluate(trainer.step)
    reporter.close()
    with write_aside(hparams.results_txt) as file:
        file.writelines("%s = %s\n" % (name, value) for name, value in metrics.items() if name != "event")
    return metrics


def special_tokens(hparams):
    """Ids of [CLS], [SEP] and [MASK] in the vocabulary, as masking.SpecialTokens."""
    from .masking import SpecialTokens

    try:
        with open(hparams.vocab_file, encoding="utf-8") as file:
            tokens = [line.rstrip("\n") for line in file]
    except FileNotFoundError:
        raise TutorialError("there is no vocabulary at %s; vocab_file names it" % hparams.vocab_file)
    except (OSError, UnicodeDecodeError) as error:
        raise TutorialError("the vocabulary %s cannot be read (%s): make it again" % (hparams.vocab_file, error))
    if len(tokens) > hparams.vocab_size:
        raise TutorialError(
            "%s has %d tokens, more than vocab_size %d" % (hparams.vocab_file, len(tokens), hparams.vocab_size)
        )
    missing = [token for token in ("[CLS]", "[SEP]", "[MASK]") if token not in tokens]
    if missing:
        raise TutorialError("%s has no token %s" % (hparams.vocab_file, ", ".join(missing)))
    return SpecialTokens(*(tokens.index(token) for token in ("[CLS]", "[SEP]", "[MASK]")))


def _open_examples(record_files, pattern, hparams, reporter):
    examples = record_files(pattern, reporter=reporter)
    if examples.length != hparams.max_seq_length:
        raise TutorialError(
            "the examples in %s are %d tokens long and max_seq_length is %d; build the data again or set it to %d"
            % (pattern, examples.length, hparams.max_seq_length, examples.length)
        )
    return examples


def main():
    parser = argparse.ArgumentParser(
        prog="python -m helpers.tf1.pretrain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", required=True, help="folder with vocab.txt, pretrain_tfrecords/, models/")
    parser.add_argument("--model-name", required=True, help="the run's folder under DATA_DIR/models")
    parser.add_argument("--hparams", default="{}", help="JSON, or a JSON file: names in helpers/hyperparameters.py")
    add_events_flag(parser)
    arguments = parser.parse_args()

    def work(reporter):
        settings = hyperparameters.parse(arguments.hparams)
        hparams = hyperparameters.resolve_in(arguments.data_dir, arguments.model_name, settings)
        with lock.model(hparams.model_dir, arguments.data_dir, "pre-training", reporter.message):
            reporter.result(**perform(hparams, reporter))

    def perform(hparams, reporter):
        state = run_state.look(hparams)
        if state.kind == "other" and hparams.do_train:
            aside = run_state.put_aside(hparams.model_dir)
            reporter.message("the earlier run differs (%s); it is kept in %s" % (state.reason, aside))
        result = {}
        if hparams.do_train and state.kind == "finished":
            reporter.message("up to date: %s has its %d steps" % (hparams.model_dir, state.step))
            result.update(step=state.step, stopped=False)
        elif hparams.do_train:
            result.update(train(hparams, reporter))
        if hparams.do_eval:
            result.update(evaluation=evaluate(hparams, reporter))
        return result

    run(work, arguments.events)


if __name__ == "__main__":
    main()
