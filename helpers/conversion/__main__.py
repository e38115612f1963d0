"""Convert a TensorFlow checkpoint for transformers, and prove that it is the same model.

    python -m helpers.conversion --model-dir data/models/es --vocab-file data/vocab.txt \\
        --output-dir data/models/es --valid-file data/corpus/valid.txt

writes OUTPUT/discriminator and OUTPUT/generator, which ``ElectraForPreTraining.from_pretrained`` and
``ElectraForMaskedLM.from_pretrained`` load in transformers 2.8.0 and 5.x alike.  With ``--component``
one of them is written into OUTPUT itself.  With ``--step`` it is an earlier checkpoint of the run, which then needs an
OUTPUT of its own.  With ``--valid-file`` the threshold above which a word
counts as replaced is set on that text and saved in config.json.
"""

import argparse
import os
from typing import List, Optional

from helpers import conversion
from helpers.base import events, lock, values
from helpers.conversion import export, weights_map
from helpers.pretraining import hyperparameters


def main(argv: Optional[List[str]] = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.conversion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--model-dir", type=values.given, required=True, help="folder of the TensorFlow checkpoint; the newest is taken"
    )
    parser.add_argument("--step", type=int, help="take the checkpoint of this step instead; it must have been kept")
    parser.add_argument(
        "--vocab-file", type=values.given, required=True, help="vocabulary; tokenizer_config.json beside it is obeyed"
    )
    parser.add_argument("--output-dir", type=values.given, required=True, help="where the exported folders go")
    parser.add_argument(
        "--component", choices=weights_map.COMPONENTS, help="default: both, each in a folder of its name"
    )
    parser.add_argument("--hparams", type=values.given, help="JSON or a JSON file, instead of MODEL_DIR/hparams.json")
    parser.add_argument(
        "--valid-file", type=values.given, help="held-out text, a sentence a line, to set the threshold on"
    )
    events.add_events_flag(parser)
    arguments = parser.parse_args(argv)

    def work(reporter):
        job = conversion.Job(
            model_dir=arguments.model_dir,
            vocab_file=arguments.vocab_file,
            output_dir=arguments.output_dir,
            component=arguments.component,
            hparams=hyperparameters.parse(arguments.hparams) if arguments.hparams else None,
            valid_file=arguments.valid_file,
            step=arguments.step,
        )
        result = conversion.up_to_date(job)
        if result:
            reporter.message(f"conversion: up to date ({job.output_dir})")
        else:
            # Numbers are compared to 1e-4: a graphics card's shortened products would not do.
            os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
            # PyTorch's threads sleep while they wait: on a busy machine waiting awake doubles the time.
            os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
            data_dir = os.path.dirname(os.path.abspath(job.vocab_file))
            with lock.model(job.output_dir, data_dir, "conversion", reporter.message, kind=".export"):
                result = export.convert(job, reporter)
        said = f"{' and '.join(job.components())} in PyTorch, equal to TensorFlow's"
        reporter.result(said=said, **result)

    events.run(work, arguments.events)


if __name__ == "__main__":
    main()
