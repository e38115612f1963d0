"""Pre-train ELECTRA: train, evaluate on held-out text, leave checkpoints, go on where it stopped.

    python -m helpers.pretraining --data-dir data --model-name electra-spanish \\
        --hparams '{"model_size": "small", "num_train_steps": 100, "train_batch_size": 32}'

Reads  DATA_DIR/pretrain_tfrecords/, valid_tfrecords/, vocab.txt
Writes DATA_DIR/models/MODEL_NAME/: model.ckpt-STEP, best/, hparams.json, metrics.jsonl, TensorBoard events

The same command again resumes from the last checkpoint.  Ctrl-C or SIGTERM saves one and ends well.
Several processes train together under horovodrun (workers.py).
"""

import argparse

from helpers.base import values
from helpers.base.events import add_events_flag, run
from helpers.pretraining.training import loop


def main():
    parser = argparse.ArgumentParser(
        prog="python -m helpers.pretraining", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data-dir", type=values.given, required=True, help="folder with vocab.txt, pretrain_tfrecords/, models/"
    )
    parser.add_argument("--model-name", type=values.given, required=True, help="the run's folder under DATA_DIR/models")
    parser.add_argument(
        "--hparams",
        type=values.given,
        default="{}",
        help="JSON, or a JSON file: names in helpers/pretraining/hyperparameters.py",
    )
    parser.add_argument(
        "--max-seconds", type=float, metavar="S", help="save and end well after so long, such as before Colab's limit"
    )
    add_events_flag(parser)
    arguments = parser.parse_args()
    run(lambda reporter: loop.work(arguments, reporter), arguments.events)


if __name__ == "__main__":
    main()
