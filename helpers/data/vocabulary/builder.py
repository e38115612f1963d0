"""Fetch, train or take over a WordPiece vocabulary.

    python -m helpers.data.vocabulary --source train:8000 --output-dir data
    python -m helpers.data.vocabulary --source bert-base-multilingual-cased --output-dir data
    python -m helpers.data.vocabulary --source my/vocab.txt --output-dir data

Writes vocab.txt, tokenizer_config.json and vocab.manifest.json.  Runs with tokenizers 0.5 and 0.2x and
huggingface_hub 0.16 and 1.x or later; TensorFlow is not needed.
"""

import collections
import os
import unicodedata

from helpers.base.errors import TutorialError
from helpers.base.files import sha256
from helpers.data import vocabulary
from helpers.data.vocabulary import vocab_file
from helpers.data.vocabulary.characters import stands_alone

HUB_REPOSITORY = "google-bert/bert-base-multilingual-cased"
MULTILINGUAL_SHA256 = "fe0fda7c425b48c516fc8f160d594c8022a0808447475c1a7c6d6479763f310c"
MOST_CHARACTERS = 1000  # of the alphabet of an own vocabulary
READ_CHARACTERS = 1 << 20


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
            f'{vocabulary.MULTILINGUAL} cannot be fetched from the Hugging Face Hub ({_first_line(error)}): try again with a network, or choose VOCAB = "train:8000" or the path of a vocab.txt'
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


def from_file(path, say=lambda text: None):
    """The tokens of a vocab.txt or vocab.txt.gz; ``say`` takes what is odd about it."""
    return vocab_file.read(path, say)


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
    continuing = [f"##{character}" for character in characters if not stands_alone(character)]
    tokenizer = BertWordPieceTokenizer(lowercase=do_lower_case, strip_accents=strip_accents)
    reporter.start(f"learning {format(vocab_size, ',')} word pieces")
    tokenizer.train(
        [path],
        vocab_size=vocab_size,
        limit_alphabet=max(1, len(characters)),
        initial_alphabet=characters,
        special_tokens=list(vocab_file.SPECIAL_TOKENS) + continuing,
        show_progress=False,
    )
    learnt = [tokenizer.id_to_token(index) for index in range(tokenizer.get_vocab_size())]
    known = set(vocab_file.SPECIAL_TOKENS).union(characters, continuing)
    return list(vocab_file.SPECIAL_TOKENS) + characters + continuing + [t for t in learnt if t not in known]


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
