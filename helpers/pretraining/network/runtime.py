"""TensorFlow 1.15 or 2.20, made ready for graph programs: import ``tf`` from here in an entry point, first thing."""

import ctypes
import os
import sys
import warnings
from typing import Optional

HOST = "/CPU:0"  # where token ids and seeds stay when there is a GPU
M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # glibc's names, malloc.h


def keep_freed_memory() -> None:
    """Tell glibc to keep the memory that tensors leave behind for the next ones.

    By default every tensor of some size is a fresh mapping that the kernel fills with zeros, which
    took a third of a training step's CPU time.  Elsewhere than on glibc nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
    mallopt(M_ARENA_MAX, 1)


keep_freed_memory()
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow 1.15 defines NumPy types in a way that NumPy announces to change; nothing a reader can act on.
warnings.filterwarnings("ignore", category=FutureWarning, module="tensor(flow|board).*")

import tensorflow.compat.v1 as tf  # noqa: E402
from tensorflow.core.protobuf import rewriter_config_pb2  # noqa: E402

tf.logging.set_verbosity(tf.logging.ERROR)
tf.disable_v2_behavior()


def session(
    mixed_precision: bool = False,
    gpu: Optional[int] = None,
    xla: bool = False,
    waits: bool = True,
    threads: Optional[int] = None,
) -> "tf.Session":
    """A session that takes GPU memory as it needs it.

    ``mixed_precision`` turns on the graph rewrite that computes matrix products in 16 bits on a GPU; ``gpu`` is the
    number of the only card to use, all if None.  ``xla`` has clusters of operations compiled; on a CPU only where it
    is true for the first session of a process.  Without ``waits``, a GPU may be at work still when a run that fetches
    no values returns.  ``threads``: cores that one operation may take, all if None; the first session of a process
    decides.
    """
    config = tf.ConfigProto()
    config.intra_op_parallelism_threads = threads or 0
    config.gpu_options.allow_growth = True
    if not waits:
        os.environ.setdefault("TF_SYNC_ON_FINISH", "0")
    if gpu is not None:
        config.gpu_options.visible_device_list = str(gpu)
    if xla:
        if not tf.config.experimental.list_physical_devices("GPU"):
            os.environ["TF_XLA_FLAGS"] = f"{os.environ.get('TF_XLA_FLAGS', '')} --tf_xla_cpu_global_jit".strip()
        config.graph_options.optimizer_options.global_jit_level = tf.OptimizerOptions.ON_1
    if mixed_precision:
        config.graph_options.rewrite_options.auto_mixed_precision = rewriter_config_pb2.RewriterConfig.ON
    return tf.Session(config=config)
