"""Fetch, train or take over a WordPiece vocabulary.

    python -m helpers.tf1.build_vocabulary --source train:8000 --output-dir data
    python -m helpers.tf1.build_vocabulary --source bert-base-multilingual-cased --output-dir data
    python -m helpers.tf1.build_vocabulary --source my/vocab.txt --output-dir data

Writes vocab.txt, tokenizer_config.json and vocab.manifest.json.  Runs with tokenizers 0.5 and 0.2x and
huggingface_hub 0.16 and 1.x or later; TensorFlow is not needed.
"""

import argparse
import collections
import gzip
import os
import sys
import unicodedata
import zlib

from .. import lock, vocabulary
from ..corpus import explained
from ..errors import TutorialError
from ..events import add_events_flag, run
from ..files import sha256

HUB_REPOSITORY = "google-bert/bert-base-multilingual-cased"
MULTILINGUAL_SHA256 = "fe0fda7c425b48c516fc8f160d594c8022a0808447475c1a7c6d6479763f310c"
MOST_CHARACTERS = 1000  # of the alphabet of an own vocabulary
READ_CHARACTERS = 1 << 20
LARGEST_FILE = 64 << 20  # bytes of a vocab.txt


def from_hub():
    """The tokens of bert-base-multilingual-cased, by huggingface_hub: from its cache, else from the network."""
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # one megabyte needs no bar
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    try:
        from huggingface_hub import hf_hub_download

        try:
            path = hf_hub_download(HUB_REPOSITORY, "vocab.txt", local_files_only=True)
        except (OSError, ValueError):  # not in the cache
            path = None
        if path is None or sha256(path) != MULTILINGUAL_SHA256:
            path = hf_hub_download(HUB_REPOSITORY, "vocab.txt", force_download=path is not None)
    except Exception as error:  # huggingface_hub, requests and httpx raise a zoo of them
        raise TutorialError(
            "%s cannot be fetched from the Hugging Face Hub (%s): try again with a network, or choose VOCAB = "
            '"train:8000" or the path of a vocab.txt' % (vocabulary.MULTILINGUAL, _first_line(error))
        )
    if sha256(path) != MULTILINGUAL_SHA256:
        text = (
            '%s from the Hugging Face Hub is not the file it should be (sha256): choose VOCAB = "train:8000" or a path'
        )
        raise TutorialError(text % vocabulary.MULTILINGUAL)
    return from_file(path)


def _first_line(error):
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".:")[:200] if lines else type(error).__name__


def from_file(path):
    """The tokens of a vocab.txt or vocab.txt.gz."""
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (EOFError, zlib.error) as error:
        raise TutorialError("the gzip file %s is damaged (%s): copy it again" % (path, error))
    except OSError as error:
        raise TutorialError("the vocabulary %s cannot be read: %s" % (path, error.strerror or error))
    if len(data) > LARGEST_FILE:
        raise TutorialError("%s is too large for a vocabulary: give a vocab.txt" % path)
    return vocabulary.parse(data, path)


def train(path, vocab_size, do_lower_case, strip_accents, reporter):
    """Learn at most ``vocab_size`` tokens from the text file ``path``; the same in every run.

    The trainer numbers a word's later characters ("##a") in the order of a hash table, and settles ties
    between merges by these numbers: two runs give different vocabularies.  Here all characters are given
    to it beforehand, in order; then there is nothing left to chance.  That also makes sure that every
    frequent character can begin a word and go on in one.
    """
    from tokenizers import BertWordPieceTokenizer

    limit = min(MOST_CHARACTERS, vocab_size // 3)
    characters = alphabet(path, limit, do_lower_case, strip_accents, reporter)
    continuing = ["##" + character for character in characters if not _stands_alone(character)]
    tokenizer = BertWordPieceTokenizer(lowercase=do_lower_case, strip_accents=strip_accents)
    reporter.start("learning %s word pieces" % format(vocab_size, ","))
    tokenizer.train(
        [path],
        vocab_size=vocab_size,
        limit_alphabet=max(1, len(characters)),
        initial_alphabet=characters,
        special_tokens=list(vocabulary.SPECIAL_TOKENS) + continuing,
        show_progress=False,
    )
    learnt = [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
    known = set(vocabulary.SPECIAL_TOKENS).union(characters, continuing)
    return list(vocabulary.SPECIAL_TOKENS) + characters + continuing + [t for t in learnt if t not in known]


def alphabet(path, limit, do_lower_case, strip_accents, reporter):
    """The ``limit`` most frequent characters that occur twice or more, as the tokenizer will see them, sorted."""
    raw = collections.Counter()
    reporter.start("counting characters", total=os.path.getsize(path), unit="B")
    with open(path, encoding="utf-8", newline="\n") as file:
        for text in iter(lambda: file.read(READ_CHARACTERS), ""):
            raw.update(text)
            reporter.advance(len(text.encode("utf-8")))
    counts = collections.Counter()
    for character, count in raw.items():
        if strip_accents:
            character = unicodedata.normalize("NFD", character)
            character = "".join(c for c in character if unicodedata.category(c) != "Mn")
        for seen in character.lower() if do_lower_case else character:
            if not seen.isspace() and unicodedata.category(seen)[0] != "C" and seen != "\N{REPLACEMENT CHARACTER}":
                counts[seen] += count
    frequent = [item for item in counts.items() if item[1] > 1]
    return sorted(character for character, _ in sorted(frequent, key=lambda item: (-item[1], item[0]))[:limit])


def _stands_alone(character):
    """Whether the tokenizer makes a word of this character: punctuation, Chinese."""
    symbol = "!" <= character <= "~" and not character.isalnum()
    return symbol or unicodedata.category(character)[0] == "P" or "\u4e00" <= character <= "\u9fff"


def main(argv=None):
    parser = argparse.ArgumentParser(
        prog="python -m helpers.tf1.build_vocabulary", description=__doc__.split("\n\n")[0]
    )
    parser.add_argument("--source", required=True, help='"bert-base-multilingual-cased", "train:8000" or a vocab.txt')
    parser.add_argument("--output-dir", required=True, help="DATA_DIR, where vocab.txt is written")
    parser.add_argument("--corpus-file", help="what to learn from (default: OUTPUT_DIR/corpus/train.txt)")
    for name, target in (("lower-case", "do_lower_case"), ("strip-accents", "strip_accents")):
        parser.add_argument("--do-" + name, dest=target, action="store_true", default=False)
        parser.add_argument("--no-" + name, dest=target, action="store_false")
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
            reporter.start("fetching %s" % vocabulary.MULTILINGUAL)
            tokens = from_hub()
        elif wanted["source"] == vocabulary.TRAIN:
            path = arguments.corpus_file or os.path.join(output_dir, "corpus", "train.txt")
            tokens = train(path, wanted["vocab_size"], *settings, reporter=reporter)
            if len(tokens) < wanted["vocab_size"]:
                text = "the corpus gives %s word pieces, not %s: it is small"
                reporter.message(text % (format(len(tokens), ","), format(wanted["vocab_size"], ",")))
        else:
            tokens = from_file(wanted["source"])
        vocabulary.write(output_dir, tokens, wanted)
        reporter.message(vocabulary.in_words(len(tokens), wanted["source"]))
        reporter.result(up_to_date=False, tokens=len(tokens), vocab_file=os.path.join(output_dir, "vocab.txt"))

    run(work, arguments.events)


if __name__ == "__main__":
    main(sys.argv[1:])
