"""Make a data folder's vocabulary: fetched, learnt from the corpus, or taken from a file.

python -m helpers.data.vocabulary --source train:8000 --output-dir data
"""

import argparse
import os

from helpers.base import lock
from helpers.base.events import add_events_flag, run
from helpers.data import vocabulary
from helpers.data.corpus import explained
from helpers.data.vocabulary import builder


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m helpers.data.vocabulary",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", required=True, help='"bert-base-multilingual-cased", "train:8000" or a vocab.txt')
    parser.add_argument("--output-dir", required=True, help="DATA_DIR, where vocab.txt is written")
    parser.add_argument("--corpus-file", help="what to learn from (default: OUTPUT_DIR/corpus/train.txt)")
    for name, target in (("lower-case", "do_lower_case"), ("strip-accents", "strip_accents")):
        parser.add_argument(f"--do-{name}", dest=target, action="store_true", default=False)
        parser.add_argument(f"--no-{name}", dest=target, action="store_false")
    add_events_flag(parser)
    arguments = parser.parse_args(argv)

    @explained("the vocabulary")
    def work(reporter):
        output_dir = os.path.abspath(arguments.output_dir)
        with lock.data(output_dir, "the vocabulary", reporter.message):
            make(reporter, output_dir)

    def make(reporter, output_dir):
        settings = arguments.do_lower_case, arguments.strip_accents
        wanted = vocabulary.parameters(arguments.source, output_dir, *settings, corpus_file=arguments.corpus_file)
        if wanted["source"] == vocabulary.MULTILINGUAL:
            reporter.start(f"fetching {vocabulary.MULTILINGUAL}")
            tokens = builder.from_hub()
        elif wanted["source"] == vocabulary.TRAIN:
            path = arguments.corpus_file or os.path.join(output_dir, "corpus", "train.txt")
            tokens = builder.train(path, wanted["vocab_size"], *settings, reporter=reporter)
            if len(tokens) < wanted["vocab_size"]:
                reporter.message(
                    f"the corpus gives {len(tokens):,} word pieces, not {wanted['vocab_size']:,}: it is small"
                )
        else:
            tokens = builder.from_file(wanted["source"], reporter.message)
        vocabulary.write(output_dir, tokens, wanted)
        reporter.message(vocabulary.in_words(len(tokens), wanted["source"]))
        reporter.result(up_to_date=False, tokens=len(tokens), vocab_file=os.path.join(output_dir, "vocab.txt"))

    run(work, arguments.events)


if __name__ == "__main__":
    main()
