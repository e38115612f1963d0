"""Fetch or learn a WordPiece vocabulary, and see how a text fares with one.

Runs with tokenizers 0.5 and 0.2x and huggingface_hub 0.16 and 1.x or later; TensorFlow is not needed.
"""

import collections
import os
import unicodedata
from typing import Any, Dict, List, Sequence

from helpers.base import events
from helpers.base.errors import TutorialError
from helpers.base.files import sha256
from helpers.data import vocabulary
from helpers.data.vocabulary import vocab_file
from helpers.data.vocabulary.characters import is_accent, is_chinese, is_dropped, stands_alone

HUB_REPOSITORY = "google-bert/bert-base-multilingual-cased"
MULTILINGUAL_SHA256 = "fe0fda7c425b48c516fc8f160d594c8022a0808447475c1a7c6d6479763f310c"
COVERAGE = 0.9995  # share of the text that the characters of an own vocabulary make up, where there is room
CHEAP_SHARE = 1 / 5  # of the vocabulary is given to rarer characters as well
READ_CHARACTERS = 1 << 20
SAMPLES, SAMPLE_BYTES = 16, 1 << 18  # of a text, to see how much of it is unknown
NAMED_WORDS = 10


def from_hub() -> List[str]:
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
            f"{vocabulary.MULTILINGUAL} cannot be fetched from the Hugging Face Hub ({_first_line(error)}): try again "
            'with a network, or choose VOCAB = "train:8000" or the path of a vocab.txt'
        )
    if sha256(path) != MULTILINGUAL_SHA256:
        raise TutorialError(
            f"{vocabulary.MULTILINGUAL} from the Hugging Face Hub is not the file it should be (sha256): "
            'choose VOCAB = "train:8000" or a path'
        )
    return vocab_file.read(path)


def _first_line(error):
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".:")[:200] if lines else type(error).__name__


def train(path: str, vocab_size: int, do_lower_case: bool, strip_accents: bool, reporter: events.Reporter) -> List[str]:
    """Learn at most ``vocab_size`` tokens from the text file ``path``; the same in every run.

    The trainer numbers a word's later characters ("##a") in the order of a hash table, and settles ties
    between merges by these numbers: two runs give different vocabularies.  Here all characters are given
    to it beforehand, in order; then there is nothing left to chance.  That also makes sure that every
    character that is kept can begin a word and go on in one.
    """
    from tokenizers import BertWordPieceTokenizer

    counts = count_characters(path, do_lower_case, strip_accents, reporter)
    characters = alphabet(counts, vocab_size)
    share = sum(counts[character] for character in characters) / max(1, sum(counts.values()))
    if share < COVERAGE:
        reporter.message(
            f"the vocabulary has room for {len(characters):,} of the text's {len(counts):,} characters, which are "
            f"{100 * share:.2f}% of what is written; words with others become [UNK]: ask for more word pieces"
        )
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


def count_characters(path: str, do_lower_case: bool, strip_accents: bool, reporter: events.Reporter) -> Dict[str, int]:
    """How often each character stands in a text file, as the tokenizer will see them."""
    raw = collections.Counter()
    reporter.start("counting characters", total=os.path.getsize(path), unit="B")
    with open(path, encoding="utf-8", newline="\n") as file:
        for text in iter(lambda: file.read(READ_CHARACTERS), ""):
            raw.update(text)
            reporter.advance(len(text.encode("utf-8")))
    counts = collections.Counter()
    for character, count in raw.items():
        if strip_accents:
            character = "".join(c for c in unicodedata.normalize("NFD", character) if not is_accent(c))
        for seen in character.lower() if do_lower_case else character:
            if not seen.isspace() and not is_dropped(seen):
                counts[seen] += count
    return counts


def alphabet(counts: Dict[str, int], vocab_size: int) -> List[str]:
    """The characters that a vocabulary of ``vocab_size`` keeps, sorted: as many as the text asks for.

    Those that occur twice or more, while they take a fifth of the vocabulary; then more, until they make up 99.95% of
    the text.  They may take half of the vocabulary for that, and the other half too where they stand alone, as Chinese
    characters do, which leave no words to be learnt.
    """
    total = max(1, sum(counts.values()))
    alone = sum(count for character, count in counts.items() if is_chinese(character)) / total
    most = vocab_size * (1 + alone) / 2 - len(vocab_file.SPECIAL_TOKENS)
    kept, pieces, covered = [], 0, 0
    for character, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        pieces += 1 if stands_alone(character) else 2
        wanted = covered < COVERAGE * total or (count > 1 and pieces <= CHEAP_SHARE * vocab_size)
        if pieces > most or not wanted:
            break
        kept.append(character)
        covered += count
    return sorted(kept)


def unknown_in(path: str, tokens: Sequence[str], do_lower_case: bool, strip_accents: bool) -> Dict[str, Any]:
    """How a text fares with a vocabulary, seen in a sample of up to 4 MB from all over it.

    Returns ``sampled`` tokens, the ``unknown_share`` of them that is [UNK], the most frequent ``unknown_words`` with
    their counts, and the ``remedy`` in words.
    """
    from helpers.data.vocabulary.chunk_tokens import ChunkTokenizer  # needs NumPy
    from helpers.data.vocabulary.tokenization import Tokenizer

    tokenize = ChunkTokenizer(Tokenizer.of(tokens, do_lower_case, strip_accents))
    size, count, unknown, words = os.path.getsize(path), 0, 0, collections.Counter()
    whole = size <= SAMPLES * SAMPLE_BYTES
    with open(path, "rb") as file:
        for place in [0] if whole else range(0, size, size // SAMPLES):
            file.seek(place)
            if place:
                file.readline()  # the rest of a line
            text = file.read(size if whole else SAMPLE_BYTES) + file.readline()
            sentences = tokenize(text.decode("utf-8", "replace").encode("utf-8"))
            count, unknown = count + len(sentences.tokens), unknown + sentences.unknown
            words.update(sentences.unknown_words)
    ranked = sorted(words.items(), key=lambda item: (-item[1], item[0]))[:NAMED_WORDS]
    return dict(
        sampled=count,
        unknown_share=round(unknown / max(1, count), 6),
        unknown_words=[list(item) for item in ranked],
        remedy=vocabulary.remedy(tokens, do_lower_case, strip_accents, [word for word, _ in ranked]),
    )
