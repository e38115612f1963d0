"""What TensorFlow makes of the card, before anything is measured on it: a process of its own, which may crash.

    python -m benchmarks.gpu.card

Prints one JSON object after each thing that it tries, so that the last one says how far it came: ``tensorflow`` and
``numpy``, versions; ``built_with``, CUDA and cuDNN that TensorFlow wants; ``seen``, the GPUs that it sees;
``not_found``, libraries that the loader does not find, where it sees none; ``said``, what it says to that;
``tried``, ``{what: seconds or the error}``: a product (cuBLAS), one of bfloat16, and a cluster compiled by XLA, which
takes ptxas and libdevice.  A card newer than TensorFlow's machine code compiles what it runs first: those seconds tell.
"""

import argparse
import ctypes
import json
import os
import re
import sys
import tempfile
import time

LIBRARIES = (
    "libcuda.so.1", "libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcufft.so.11", "libcusolver.so.11",
    "libcusparse.so.12", "libcudnn.so.9",
)  # fmt: skip
TELLING = re.compile(r"dlopen|could not|cannot|cuInit|fail|mismatch|jit", re.IGNORECASE)


def products(tf, kind):
    """A product of ``kind``: a function of nothing, for a session to run."""
    made = tf.cast(tf.random.stateless_uniform([256, 256], [1, 2]), kind)
    return tf.reduce_sum(tf.cast(tf.matmul(made, made), tf.float32))


def compiled(tf):
    """A cluster that XLA has to compile, with a function of libdevice's."""
    made = tf.random.stateless_uniform([256, 256], [1, 2])
    return tf.function(lambda one: tf.reduce_sum(tf.math.erf(tf.exp(one) * 2.0)), jit_compile=True)(made)


def missing():
    """Those of LIBRARIES that the loader does not find."""
    found = []
    for name in LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            found.append(name)
    return found


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.gpu.card", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "0"  # why a GPU is not taken stands in lines that are not shown otherwise
    with tempfile.TemporaryFile() as errors:
        kept = os.dup(2)
        os.dup2(errors.fileno(), 2)
        from helpers.pretraining.network.runtime import session, tf

        gpus = tf.config.experimental.list_physical_devices("GPU")
        os.dup2(kept, 2)
        errors.seek(0)
        lines = errors.read().decode("utf-8", "replace").split("\n")
    import numpy as np

    build = getattr(tf.sysconfig, "get_build_info", dict)()  # TensorFlow 1.15 has no such function
    found = dict(
        tensorflow=tf.__version__, numpy=np.__version__, seen=[each.name for each in gpus], tried={},
        built_with={name: build[name] for name in ("cuda_version", "cudnn_version") if name in build},
    )  # fmt: skip
    if not gpus:
        found.update(not_found=missing(), said=[line[-300:] for line in lines if TELLING.search(line)][-5:])
    checks = {"product": lambda: products(tf, tf.float32), "product of bfloat16": lambda: products(tf, tf.bfloat16)}
    if not tf.__version__.startswith("1."):
        checks["compiled by XLA"] = lambda: compiled(tf)
    for name, make in checks.items():
        print(json.dumps(found), flush=True)
        began = time.monotonic()
        try:
            with tf.Graph().as_default():
                result = make()
                with session() as running:
                    running.run(result)
            found["tried"][name] = round(time.monotonic() - began, 2)
        except Exception as error:  # whatever it is, it is what is to be told
            found["tried"][name] = f"{type(error).__name__}: {str(error)[:300]}"
    print(json.dumps(found))


if __name__ == "__main__":
    sys.exit(main())
