"""A run's checkpoints: the newest few to go on from, and apart from them the best by held-out loss.

A checkpoint counts once TensorFlow has put it whole beside its name and then renamed the list of names, so a run
that is killed or meets a full disk while saving goes on from the one before.
"""

import contextlib
import glob
import os
import re
import shutil

from ..errors import TutorialError
from ..files import read_json, write_json
from ..run_state import BEST_FILE, BEST_FOLDER, HPARAMS_FILE
from . import checkpoint_reader, weights_map
from .loss_scale import SCOPE
from .runtime import tf

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

    def __init__(self, hparams):
        self._hparams, self._folder = hparams, hparams.model_dir
        variables = tf.global_variables()
        weights = [each for each in variables if weights_map.is_weight(each.op.name)]
        self._saver = tf.train.Saver(variables, max_to_keep=hparams.keep_checkpoint_max or None)
        self._best_saver = tf.train.Saver(weights, max_to_keep=1)
        self.bytes, self._best_bytes = _bytes_of(variables), _bytes_of(weights)
        self.best = read_json(os.path.join(self._folder, BEST_FILE))

    def restore(self, session):
        """Give the initialized ``session`` the newest checkpoint's values; returns whether there was one."""
        newest = tf.train.latest_checkpoint(self._folder)
        if newest is None:
            return False
        # Mixed precision may have been turned on since: its scale then starts afresh.
        held = checkpoint_reader.CheckpointReader(newest).shapes
        wanted = {name: each for name, each in _by_name().items() if name in held or not name.startswith(SCOPE + "/")}
        checkpoint_reader.check(newest, {name: tuple(each.shape.as_list()) for name, each in wanted.items()})
        try:
            (self._saver if len(wanted) == len(_by_name()) else tf.train.Saver(wanted)).restore(session, newest)
        except (tf.errors.OpError, ValueError) as error:
            raise TutorialError(
                "checkpoint %s is damaged (%s): to go on from an earlier one, name it in the file %s"
                % (newest, _first_line(error), os.path.join(self._folder, "checkpoint"))
            )
        for saver, folder in (self._saver, self._folder), (self._best_saver, os.path.join(self._folder, BEST_FOLDER)):
            state = tf.train.get_checkpoint_state(folder)
            saver.recover_last_checkpoints(state.all_model_checkpoint_paths if state else [])
        return True

    def clear(self):
        """Remove what saves that were cut short have left."""
        for path in glob.glob(os.path.join(glob.escape(self._folder), PREFIX + "*")):
            if UNFINISHED.match(os.path.basename(path)):
                with contextlib.suppress(OSError):
                    os.remove(path)

    def check_room(self, saves_to_come):
        """Refuse to start a run whose checkpoints the disk has no room for; it will make ``saves_to_come``."""
        kept = self._hparams.keep_checkpoint_max
        there = len(glob.glob(os.path.join(glob.escape(self._folder), PREFIX + "-*.index")))
        # The oldest goes only when the newest is whole.
        more = max(1, min(saves_to_come, kept + 1 - there) if kept else saves_to_come)
        best = self._best_bytes if self._hparams.keep_best and self._hparams.eval_steps else 0
        self._require(more * self.bytes + best, "%d checkpoints of %.1f MB" % (more, self.bytes / 1e6))

    def save(self, session, step):
        """Write the checkpoint of ``step``; raises TutorialError when that fails, and leaves the earlier ones alone."""
        self._require(self.bytes, "the checkpoint of step %d" % step)
        self._write(self._saver, session, self._folder, step)

    def save_best(self, session, row):
        """Write the model's weights into best/ when ``row``, a step's held-out metrics, is the best so far."""
        loss = held_out_loss(row, self._hparams)
        if self.best and loss >= self.best["held_out_loss"]:
            return
        self._require(self._best_bytes, "the best model's weights")
        folder = os.path.join(self._folder, BEST_FOLDER)
        os.makedirs(folder, exist_ok=True)
        self._write(self._best_saver, session, folder, row["step"])
        shutil.copyfile(os.path.join(self._folder, HPARAMS_FILE), os.path.join(folder, HPARAMS_FILE))
        self.best = dict(step=row["step"], held_out_loss=loss)
        write_json(os.path.join(self._folder, BEST_FILE), self.best)

    def _write(self, saver, session, folder, step):
        path = os.path.join(folder, PREFIX)
        try:
            saver.save(session, path, global_step=step, write_meta_graph=False)
        except (tf.errors.OpError, OSError, ValueError) as error:
            for part in glob.glob(glob.escape("%s-%d" % (path, step)) + ".*"):
                with contextlib.suppress(OSError):
                    os.remove(part)
            raise TutorialError("the checkpoint of step %d cannot be written: %s" % (step, _first_line(error)))

    def _require(self, needed, what):
        free = shutil.disk_usage(self._folder).free
        if free < needed + MARGIN_BYTES:
            raise TutorialError(
                "the disk of %s is full: %s would take %.1f MB and %.1f MB are free; make room and give the same "
                "call again" % (self._folder, what, (needed + MARGIN_BYTES) / 1e6, free / 1e6)
            )


def held_out_loss(row, hparams):
    """The loss that training minimizes, on the held-out examples of a row of metrics."""
    return hparams.gen_weight * row["mlm_loss"] + hparams.disc_weight * row.get("disc_loss", 0.0)


def _by_name():
    return {each.op.name: each for each in tf.global_variables()}


def _bytes_of(variables):
    return sum(each.shape.num_elements() * each.dtype.base_dtype.size for each in variables)


def _first_line(error):
    return " ".join((str(error).strip() or type(error).__name__).split("\n")[0].split())[:300]
