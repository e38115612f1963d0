"""What a step is given by the host: bytes, and the processor's time for reading them and for choosing the masks.

    python -m benchmarks.feeds --batch 128 --length 128

Tells whether batches that are sent to a GPU ahead of their step could save anything: a thread reads them ahead as it
is, masks are chosen on the host as part of the step, and the copy takes the bytes' time on the bus.
"""

import argparse
import itertools
import os
import time

from helpers.base import events, values
from helpers.data.records import RecordFiles
from helpers.pretraining import hyperparameters
from helpers.pretraining.network import masking
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import tf

from .gpu import data

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUS_GB = 12.0  # a second, of PCIe 3.0 with 16 lanes, as a T4 has it
WARM_UP = 3


def measured(data_dir: str, batch: int, length: int, steps: int) -> dict:
    """``bytes`` a step; ``read`` and ``masks``: seconds of one core a step; ``bus``: seconds of the copy, computed."""
    examples = RecordFiles(os.path.join(data_dir, "pretrain_tfrecords"))
    began = time.process_time()
    batches = list(itertools.islice(examples.batches(batch, 0), steps))
    read = (time.process_time() - began) / steps
    hparams = hyperparameters.resolve(dict(train_batch_size=batch, max_seq_length=length))
    with tf.Graph().as_default():
        features = masking.Features(*(tf.placeholder(tf.int32, [batch, length]) for _ in masking.Features._fields))
        streams = RandomStreams(1, tf.train.get_or_create_global_step(), batch)
        masked = masking.mask_tokens(features, hparams, masking.SpecialTokens(2, 3, 4), streams)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            run = session.make_callable(list(masked), feed_list=list(features))
            for step in range(WARM_UP + steps):
                if step == WARM_UP:
                    began = time.process_time()
                run(*(batches[step % steps][name] for name in masking.Features._fields))
    masks = (time.process_time() - began) / steps
    size = sum(each.nbytes for each in batches[0].values())
    return dict(bytes=size, read=read, masks=masks, bus=size / BUS_GB / 1e9)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.feeds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--batch", type=int, default=128, help="examples in a step (default: 128)")
    parser.add_argument("--length", type=int, default=128, help="tokens in an example (default: 128)")
    parser.add_argument("--steps", type=int, default=200, help="that are measured (default: 200)")
    parser.add_argument(
        "--folder", type=values.given, default=os.path.join(PROJECT, "build", "feeds"), help="where it works"
    )
    arguments = parser.parse_args()
    data.make(arguments.folder, "sample", 20000, None, 2000, arguments.length)
    found = measured(arguments.folder, arguments.batch, arguments.length, arguments.steps)
    print(f"{found['bytes'] / 1000:.0f} kB a step, {1e6 * found['bus']:.0f} µs on the bus at {BUS_GB:.0f} GB/s")
    print(f"{1000 * found['read']:.2f} ms of one core to read them, ahead of the step, in a thread of its own")
    print(f"{1000 * found['masks']:.2f} ms of one core to feed them and choose the masks, within the step")


if __name__ == "__main__":
    events.run(lambda reporter: main())
