"""A run's checkpoints: the newest few to go on from, and apart from them the best by held-out loss.

A checkpoint counts once TensorFlow has put it whole beside its name and then renamed the list of names, so a run
that is killed or meets a full disk while saving goes on from the one before.
"""

import contextlib
import glob
import json
import os
import re
import shutil
from typing import Any, Dict, Iterable, Mapping, Optional, Tuple

import numpy as np

from helpers.base.errors import TutorialError
from helpers.base.files import read_json, write_json
from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.run_state import (
    BEST_FILE,
    BEST_FOLDER,
    HPARAMS_FILE,
    OPTIMIZER_SUFFIXES,
    data_identity,
    is_weight,
    newest_checkpoint,
)
from helpers.pretraining.training.optimization import SCOPE


class CheckpointReader:
    """The variables of the checkpoint whose files begin with ``prefix``.

    ``shapes`` maps each variable's name to its shape (a tuple).
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        try:
            self._reader = tf.train.load_checkpoint(prefix)
            self.shapes = {name: tuple(shape) for name, shape in self._reader.get_variable_to_shape_map().items()}
        except Exception as error:
            raise TutorialError(f"checkpoint {prefix} cannot be read ({_one_line(error)}): use an earlier one")

    def weights(self, pairs: Iterable[Any]) -> Dict[str, np.ndarray]:
        """Values by PyTorch name: float32 arrays, transposed where PyTorch keeps them so.

        ``pairs`` are from initial_weights.names.  A variable that fills two parameters is read once.
        """
        weights, values = {}, {}
        for pair in pairs:
            if pair.tensorflow not in values:
                values[pair.tensorflow] = self.value(pair.tensorflow)
            value = values[pair.tensorflow]
            weights[pair.pytorch] = np.ascontiguousarray(value.T) if pair.transposed else value
        return weights

    def value_or_none(self, name: str) -> Optional[np.ndarray]:
        """One variable's value, or None when there is no such variable."""
        return self._reader.get_tensor(name) if name in self.shapes else None

    def value(self, name):
        """One variable's value, a float32 array; raises TutorialError where it is damaged or not finite."""
        try:
            value = np.asarray(self._reader.get_tensor(name), dtype=np.float32)
        except Exception as error:
            raise TutorialError(
                f"checkpoint {self.prefix} is damaged (the variable {name} cannot be read: {_one_line(error)}): "
                "use an earlier one"
            )
        if not np.isfinite(value).all():
            raise TutorialError(
                f"checkpoint {self.prefix}: {name} holds numbers that are not finite: training went astray; "
                "use an earlier checkpoint"
            )
        return value


def check_shapes(prefix: str, wanted: Mapping[str, Tuple[int, ...]]) -> None:
    """Raise TutorialError unless the checkpoint has a variable of each name and shape in ``wanted``, a dict."""
    found = CheckpointReader(prefix).shapes
    if not any(name.endswith(OPTIMIZER_SUFFIXES) for name in found) and any(map(is_weight, found)):
        raise TutorialError(
            f"checkpoint {prefix} holds weights without what the optimizer remembers, so no run can go on from it: "
            f'start a new one from them, with {{"init_checkpoint": "{prefix}"}} and another model_name'
        )
    for name, shape in sorted(wanted.items()):
        if found.get(name) != shape:
            says = f"has no variable {name}" if name not in found else f"holds {name} as {list(found[name])}"
            raise TutorialError(
                f"checkpoint {prefix} does not fit this model: it {says}, and the hyperparameters make it "
                f"{list(shape)}; give those of its run, or another model_name"
            )


def _one_line(error):
    return " ".join(str(error).split())[:300]


PREFIX = "model.ckpt"
MARGIN_BYTES = 1 << 20  # for metrics and events beside a checkpoint
UNFINISHED = re.compile(re.escape(PREFIX) + r"-\d+\.data-.*\.tempstate\d+$")


class Checkpoints:
    """Saves and restores all global variables of the default graph.

    Parameters
    ----------
    hparams : Hyperparameters
        ``keep_checkpoint_max`` newest checkpoints are kept in ``model_dir``.
    """

    def __init__(self, hparams: Hyperparameters) -> None:
        self._hparams, self._folder = hparams, hparams.model_dir
        variables = tf.global_variables()
        weights = [each for each in variables if is_weight(each.op.name)]
        self._saver = tf.train.Saver(variables, max_to_keep=hparams.keep_checkpoint_max or None)
        self._best_saver = tf.train.Saver(weights, max_to_keep=1)
        self.bytes, self._best_bytes = _bytes_of(variables), _bytes_of(weights)
        self.best = read_json(os.path.join(self._folder, BEST_FILE))
        self._measured_on = _held_out_identity(hparams)

    def restore(self, session: tf.Session) -> bool:
        """Give the initialized ``session`` the newest checkpoint's values; returns whether there was one."""
        newest = newest_checkpoint(self._folder)
        if newest is None:
            return False
        # Mixed precision may have been turned on since: its scale then starts afresh.
        held = CheckpointReader(newest).shapes
        wanted = {name: each for name, each in _by_name().items() if name in held or not name.startswith(f"{SCOPE}/")}
        check_shapes(newest, {name: tuple(each.shape.as_list()) for name, each in wanted.items()})
        try:
            (self._saver if len(wanted) == len(_by_name()) else tf.train.Saver(wanted)).restore(session, newest)
        except (tf.errors.OpError, ValueError) as error:
            raise TutorialError(
                f"checkpoint {newest} is damaged ({_first_line(error)}): to go on from an earlier one, name it in the "
                f"file {os.path.join(self._folder, 'checkpoint')}"
            )
        for saver, folder in (self._saver, self._folder), (self._best_saver, os.path.join(self._folder, BEST_FOLDER)):
            state = tf.train.get_checkpoint_state(folder)
            saver.recover_last_checkpoints(state.all_model_checkpoint_paths if state else [])
        return True

    def clear(self) -> None:
        """Remove what saves that were cut short have left."""
        for path in glob.glob(os.path.join(glob.escape(self._folder), f"{PREFIX}*")):
            if UNFINISHED.match(os.path.basename(path)):
                with contextlib.suppress(OSError):
                    os.remove(path)

    def check_room(self, saves_to_come: int) -> None:
        """Refuse to start a run whose checkpoints the disk has no room for; it will make ``saves_to_come``."""
        kept = self._hparams.keep_checkpoint_max
        there = len(glob.glob(os.path.join(glob.escape(self._folder), f"{PREFIX}-*.index")))
        # The oldest goes only when the newest is whole.
        more = max(1, min(saves_to_come, kept + 1 - there) if kept else saves_to_come)
        best = self._best_bytes if self._hparams.keep_best and self._hparams.eval_steps else 0
        what = f"{more} checkpoint{'s' * (more != 1)} of {self.bytes / 1e6:.1f} MB"
        self._require(more * self.bytes + best, what)

    def save(self, session: tf.Session, step: int) -> None:
        """Write the checkpoint of ``step``; raises TutorialError when that fails, and leaves the earlier ones alone."""
        self._require(self.bytes, f"the checkpoint of step {step}")
        self._write(self._saver, session, self._folder, step)

    def forget_best_of_other_examples(self) -> bool:
        """Let the next evaluation's model be the best if the one that is there was measured on other examples.

        Losses on other examples, or on more of them, are no measure for each other.  Returns whether it was so.
        """
        if not self.best or self.best.get("measured_on", self._measured_on) == self._measured_on:
            return False
        self.best = None
        return True

    def save_best(self, session: tf.Session, row: Mapping[str, Any]) -> None:
        """Write the model's weights into best/ when ``row``, a step's held-out metrics, is the best so far."""
        loss = held_out_loss(row, self._hparams)
        if self.best and loss >= self.best["held_out_loss"]:
            return
        self._require(self._best_bytes, "the best model's weights")
        folder = os.path.join(self._folder, BEST_FOLDER)
        os.makedirs(folder, exist_ok=True)
        self._write(self._best_saver, session, folder, row["step"])
        shutil.copyfile(os.path.join(self._folder, HPARAMS_FILE), os.path.join(folder, HPARAMS_FILE))
        self.best = dict(step=row["step"], held_out_loss=loss, measured_on=self._measured_on)
        write_json(os.path.join(self._folder, BEST_FILE), self.best)

    def _write(self, saver, session, folder, step):
        path = os.path.join(folder, PREFIX)
        try:
            saver.save(session, path, global_step=step, write_meta_graph=False)
        except (tf.errors.OpError, OSError, ValueError) as error:
            for part in glob.glob(f"{glob.escape(f'{path}-{step}')}.*"):
                with contextlib.suppress(OSError):
                    os.remove(part)
            raise TutorialError(f"the checkpoint of step {step} cannot be written: {_first_line(error)}")

    def _require(self, needed, what):
        free = shutil.disk_usage(self._folder).free
        if free < needed + MARGIN_BYTES:
            raise TutorialError(
                f"the disk of {self._folder} is full: {what} would take {(needed + MARGIN_BYTES) / 1e6:.1f} MB and "
                f"{free / 1e6:.1f} MB are free; make room and give the same call again"
            )


def held_out_loss(row: Mapping[str, Any], hparams: Hyperparameters) -> float:
    """The loss that training minimizes, on the held-out examples of a row of metrics."""
    return hparams.gen_weight * row["mlm_loss"] + hparams.disc_weight * row.get("disc_loss", 0.0)


def _held_out_identity(hparams):
    """What the held-out loss is measured on, as JSON gives it back."""
    data = data_identity(hparams.valid_tfrecords) if hparams.valid_tfrecords else None
    measured = dict(data=data, num_eval_steps=hparams.num_eval_steps, eval_batch_size=hparams.eval_batch_size)
    return json.loads(json.dumps(measured))


def _by_name():
    return {each.op.name: each for each in tf.global_variables()}


def _bytes_of(variables):
    return sum(each.shape.num_elements() * each.dtype.base_dtype.size for each in variables)


def _first_line(error):
    return " ".join((str(error).strip() or type(error).__name__).split("\n")[0].split())[:300]
