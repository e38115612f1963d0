"""One of our training steps, timed: a process of its own, so that nothing is left of the one before.

    python -m benchmarks.gpu.step --data-dir build/bench --hparams '{}' --steps 30

Prints one JSON object: ``step``, seconds, the median of three rounds; ``fastest``, the best round's; ``first``,
seconds of the first step, compilation included; ``cpu``, seconds of all this process's threads a step; ``memory_gb``,
at most, and ``memory_by``, who says so; ``loss``; ``settings``, what was decided about what was left open.
The steps of a round are given to a GPU one after the other, and waited for at its end, as PyTorch's are.
``--trace`` counts, in one step, what ran on each device and what was sent between them; the row is printed before,
and once more with what was counted, since what asks a card may end the process.
"""

import argparse
import collections
import json
import os
import resource
import shutil
import statistics
import subprocess
import time

from helpers.base import values
from helpers.base.events import Reporter
from helpers.pretraining import hyperparameters
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import trainer, workers

ROUNDS = 3
SENT = ("_Recv", "_HostRecv", "MEMCPY")


def sees_gpu():
    """Whether TensorFlow sees a GPU."""
    return bool(tf.config.experimental.list_physical_devices("GPU"))


def memory():
    """``(GB, who says so)``: the card's memory at most, or the process's where there is no card."""
    if not sees_gpu():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, "the process"
    try:
        return tf.config.experimental.get_memory_info("GPU:0")["peak"] / 1e9, "TensorFlow's allocator"
    except Exception:  # TensorFlow 1.15 has no such function, and another may not tell of a session's memory
        return taken(), "nvidia-smi"


def taken():
    """GB that all processes together hold of the card now, nan where nvidia-smi does not tell."""
    if shutil.which("nvidia-smi") is None:
        return float("nan")
    command = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True, timeout=20).stdout.split()
    except (OSError, subprocess.TimeoutExpired):
        return float("nan")
    return int(told[0]) * 2**20 / 1e9 if told and told[0].isdigit() else float("nan")


class Traced:
    """A session that notes what its runs did; in the place of the trainer's own."""

    def __init__(self, session):
        self._session, self.metadata = session, tf.RunMetadata()

    def run(self, fetches, feed=None):
        options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE, output_partition_graphs=True)
        return self._session.run(fetches, feed, options=options, run_metadata=self.metadata)


def counted(metadata):
    """What one step did: ``ran``, ``{device: operations or kernels}``; ``sent``, ``{what: [times, bytes]}``.

    A device whose name has ``stream:all`` holds kernels, as CUDA's own tracing tells them, where it can; the others
    hold TensorFlow's operations.  ``between_devices`` counts what the graph sends from one device to another.
    """
    ran, sent = collections.Counter(), {}
    for device in metadata.step_stats.dev_stats:
        ran[device.device] += len(device.node_stats)
        for node in device.node_stats:
            kind = next((kind for kind in SENT if kind in node.timeline_label or kind in node.node_name), None)
            if kind:
                times_and_bytes = sent.setdefault(f"{kind} on {device.device}", [0, 0])
                times_and_bytes[0] += 1
                times_and_bytes[1] += sum(
                    output.tensor_description.allocation_description.requested_bytes for output in node.output
                )
    crossing = collections.Counter(
        "%s to %s" % tuple(node.attr[end].s.decode().rpartition("device:")[2] for end in ("send_device", "recv_device"))
        for graph in metadata.partition_graphs
        for node in graph.node
        if node.op in ("_Recv", "_HostRecv") and node.attr["send_device"].s != node.attr["recv_device"].s
    )
    return dict(ran=dict(ran), sent=sent, between_devices=dict(crossing))


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.step", description=__doc__)
    parser.add_argument(
        "--data-dir", type=values.given, required=True, help="folder with vocab.txt and pretrain_tfrecords/"
    )
    parser.add_argument("--hparams", type=values.given, default="{}", help="JSON or a JSON file: hyperparameters")
    parser.add_argument("--steps", type=int, default=30, help="that are timed (default: 30)")
    parser.add_argument("--warm-up", type=int, default=10, help="steps before them (default: 10)")
    parser.add_argument("--trace", action="store_true", help="say too which operations take the time")
    arguments = parser.parse_args()
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # asking for the memory's peak starts eager mode as well
    settings = dict(hyperparameters.parse(arguments.hparams), valid_tfrecords="")
    hparams = hyperparameters.resolve_in(arguments.data_dir, "gpu-step", settings)
    training = trainer.Trainer(hparams, Reporter(silent=True), workers.Alone())
    batches = training.examples.batches(hparams.train_batch_size, hparams.seed)

    def steps(count):
        began, cpu = time.perf_counter(), sum(os.times()[:2])
        for number in range(count):  # as in training, a GPU is waited for where its values are looked at
            look = number == count - 1 or (number + 1) % training.look_every == 0
            values, _ = training.train_step(next(batches), look=look)
        return (time.perf_counter() - began) / count, (sum(os.times()[:2]) - cpu) / count, values["loss"]

    first = steps(1)[0]
    steps(max(1, arguments.warm_up - 1))
    rounds = [steps(max(1, arguments.steps // ROUNDS)) for _ in range(ROUNDS)]
    gigabytes, by = (taken(), "nvidia-smi") if sees_gpu() else memory()
    row = dict(
        step=statistics.median(seconds for seconds, _, _ in rounds), fastest=min(seconds for seconds, _, _ in rounds),
        cpu=statistics.median(cpu for _, cpu, _ in rounds), first=first, memory_gb=gigabytes, memory_by=by,
        loss=rounds[-1][2], address_space_gb=_address_space(), tensorflow=tf.__version__,
        settings={name: getattr(hparams, name, None) for name in ("mixed_precision", "xla")},
        bfloat16=trainer.bfloat16_products(hparams) is not None,
    )  # fmt: skip
    if sees_gpu():
        row["card_gb"] = gigabytes
        print(json.dumps(row), flush=True)
        row["memory_gb"], row["memory_by"] = memory()
    if arguments.trace:
        print(json.dumps(row), flush=True)
        traced = training._session = Traced(training._session)
        steps(1)
        row["trace"] = counted(traced.metadata)
    print(json.dumps(row))


def _address_space():
    """GB of address space that this process had at most; None elsewhere than on Linux."""
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) / 1e6 for line in file if line.startswith("VmPeak:"))
    except (OSError, StopIteration):
        return None


if __name__ == "__main__":
    main()
