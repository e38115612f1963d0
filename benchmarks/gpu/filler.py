"""Take a card's memory but for so many GB, say so, and hold it until standard input ends.

python -m benchmarks.gpu.filler --leave-gb 4
"""

import argparse
import json
import os
import sys

from helpers.environment import gpu
from helpers.pretraining.network.runtime import tf

from . import step

CONTEXT_GB = 0.6  # of this process, beside what it is told to take


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu.filler", description=__doc__)
    parser.add_argument("--leave-gb", type=float, required=True, help="GB of the card's memory to leave free")
    arguments = parser.parse_args()
    os.environ.pop("TF_FORCE_GPU_ALLOW_GROWTH", None)  # the memory is to be taken at once
    whole = gpu.usable()[0][0].memory / 1e9
    config = tf.ConfigProto()
    config.gpu_options.per_process_gpu_memory_fraction = (
        whole - step.taken() - arguments.leave_gb - CONTEXT_GB
    ) / whole
    with tf.Graph().as_default(), tf.Session(config=config) as running, tf.device("/GPU:0"):
        running.run(tf.random.stateless_uniform([8], [1, 2]))  # the memory is taken with the first tensor
        print(json.dumps(dict(card_gb=whole, taken_gb=step.taken())), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
