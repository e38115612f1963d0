"""Make a data folder's vocabulary: fetched, learnt from the corpus, or taken from a file.

examples:
  Learnt from DATA_DIR/corpus/train.txt, of 8,000 word pieces at most:
    python -m helpers.data.vocabulary --source train:8000 --output-dir data
  Fetched from the Hugging Face Hub:
    python -m helpers.data.vocabulary --source bert-base-multilingual-cased --output-dir data
  One's own vocab.txt, or a tokenizer.json with WordPiece in it, made for lower-cased text without accents:
    python -m helpers.data.vocabulary --source ~/uncased/vocab.txt --output-dir data \\
        --do-lower-case --do-strip-accents

Writes vocab.txt, tokenizer_config.json and vocab.manifest.json. ~ and $HOME stand for the home folder.
"""

import argparse
import os
from typing import List, Optional

from helpers.base import lock, values
from helpers.base.events import add_events_flag, run
from helpers.data import vocabulary
from helpers.data.corpus import explained
from helpers.data.vocabulary import builder, others


def parser() -> argparse.ArgumentParser:
    """The command line."""
    description, epilog = __doc__.split("\n\n", 1)
    made = argparse.ArgumentParser(
        prog="python -m helpers.data.vocabulary",
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add(
        "--source",
        type=values.given,
        required=True,
        help='"bert-base-multilingual-cased", "train:8000" or the path of a vocab.txt',
    )
    add("--output-dir", required=True, type=_path, help="DATA_DIR, where vocab.txt is written")
    add(
        "--corpus-file",
        type=_path,
        help="text to learn from, and to say how much of it is unknown (default: OUTPUT_DIR/corpus/train.txt)",
    )
    for name, target, what in (
        ("lower-case", "do_lower_case", "lower-case text before it is looked up"),
        ("strip-accents", "strip_accents", "drop accents before it is looked up"),
    ):
        add(f"--do-{name}", dest=target, action="store_true", default=False, help=f"{what} (default: no)")
        add(f"--no-{name}", dest=target, action="store_false", help="do not")
    add_events_flag(made)
    return made


def _path(text):
    return vocabulary.expanded(values.given(text))


def main(argv: Optional[List[str]] = None) -> None:
    """Run the command line."""
    arguments = parser().parse_args(argv)

    @explained("the vocabulary")
    def work(reporter):
        with lock.data(arguments.output_dir, "the vocabulary", reporter.message):
            _make(arguments, reporter)

    run(work, arguments.events)


def _make(arguments, reporter):
    output_dir = arguments.output_dir
    text_file = arguments.corpus_file or os.path.join(output_dir, "corpus", "train.txt")
    settings = arguments.do_lower_case, arguments.strip_accents
    wanted, inputs = vocabulary.parameters(arguments.source, output_dir, *settings, corpus_file=text_file)
    if wanted["source"] == vocabulary.MULTILINGUAL:
        reporter.start(f"fetching {vocabulary.MULTILINGUAL}")
        tokens = builder.from_hub()
    elif wanted["source"] == vocabulary.TRAIN:
        tokens = builder.train(text_file, wanted["vocab_size"], *settings, reporter=reporter)
        if len(tokens) < wanted["vocab_size"]:
            reporter.message(f"the corpus gives {len(tokens):,} word pieces, not {wanted['vocab_size']:,}: it is small")
    else:
        tokens = others.read(wanted["source"], reporter.message)
    account = builder.unknown_in(text_file, tokens, *settings) if os.path.isfile(text_file) else None
    made = vocabulary.write(output_dir, tokens, wanted, inputs, account)
    for sentence in vocabulary.in_words(made):
        reporter.message(sentence)
    path = os.path.join(output_dir, "vocab.txt")
    said = f"{len(tokens):,} word pieces"
    reporter.result(said=said, up_to_date=False, tokens=len(tokens), vocab_file=path, account=account)


if __name__ == "__main__":
    main()
