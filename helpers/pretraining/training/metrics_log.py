"""metrics.jsonl and TensorBoard events of one run."""

import json
import os
from typing import Any, Mapping

from helpers.pretraining.network.runtime import tf
from helpers.pretraining.run_state import METRICS_FILE


class MetricsLog:
    """Appends rows to metrics.jsonl, and the same numbers to TensorBoard events beside it.

    A run that goes on at step N marks N as a new start, so that TensorBoard hides what an
    interrupted run had written beyond it.
    """

    def __init__(self, model_dir: str, step: int) -> None:
        self._file = open(os.path.join(model_dir, METRICS_FILE), "a", encoding="utf-8")
        self._events = tf.summary.FileWriter(model_dir)
        self._events.add_session_log(tf.SessionLog(status=tf.SessionLog.START), step)

    def write(self, row: Mapping[str, Any]) -> None:
        """Write one row: ``event`` ("train" or "eval"), ``step``, and numbers."""
        self._file.write(f"{json.dumps(row)}\n")
        self._file.flush()
        summary = tf.Summary()
        for name, value in row.items():
            if name not in ("event", "step"):
                summary.value.add(tag=f"{row['event']}/{name}", simple_value=value)
        self._events.add_summary(summary, row["step"])

    def flush(self) -> None:
        """Bring everything to disk; called before a checkpoint, which must not be ahead of its metrics."""
        os.fsync(self._file.fileno())
        self._events.flush()

    def close(self) -> None:
        self._file.close()
        self._events.close()
