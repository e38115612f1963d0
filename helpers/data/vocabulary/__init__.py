"""Step 2: the vocabulary.  Writes DATA_DIR/vocab.txt, tokenizer_config.json and vocab.manifest.json.

    from helpers.data import vocabulary
    vocabulary.prepare("train:8000", DATA_DIR)

Called by the section "Data" of the notebook.  tokenizer_config.json carries the settings of case and
accents that every later step obeys, up to ``ElectraTokenizerFast.from_pretrained``.  The libraries that
train or fetch a vocabulary are in the TensorFlow environment, so the work is done by a child process,
``helpers/data/vocabulary/builder.py``; this module imports nothing but the standard library.
"""

import itertools
import os
import re
from typing import Any, Dict, List, Mapping

from helpers.base import progress
from helpers.base.errors import TutorialError
from helpers.base.files import read_json, sha256, write_json
from helpers.data import corpus
from helpers.data.vocabulary import vocab_file
from helpers.data.vocabulary.vocab_file import SPECIAL_TOKENS, parse, read  # noqa: F401  (for callers)

MULTILINGUAL = "bert-base-multilingual-cased"
TRAIN = "train"
DEFAULT_SIZE, SMALLEST_SIZE, LARGEST_SIZE = 30000, 200, 1000000  # of a vocabulary of one's own
FORMAT = 1  # one more when the same input would give another vocabulary
MAX_POSITIONS = 512  # what any ELECTRA of ours can take, as the reference


@corpus.explained("the vocabulary")
def prepare(source=MULTILINGUAL, data_dir="data", do_lower_case=False, strip_accents=False):
    """Make DATA_DIR's vocabulary, unless it is there already, made from the same.

    Parameters
    ----------
    source : str or path
        ``"bert-base-multilingual-cased"``: 119,547 word pieces of 104 languages, from the Hugging Face
        Hub; ``"train:8000"``: so many word pieces (without a number, 30,000) learnt from
        DATA_DIR/corpus/train.txt, which may give fewer; or the path of a vocab.txt (or vocab.txt.gz).
    do_lower_case, strip_accents : bool
        How text is to be changed before it is looked up.  Spanish keeps its accents.

    Returns
    -------
    dict
        ``parameters``, ``tokens`` (their number), ``sha256``, ``up_to_date`` and the path ``vocab_file``.

    Raises TutorialError where the vocabulary cannot be had or is none.
    """
    data_dir = os.path.abspath(os.fspath(data_dir))
    wanted = parameters(source, data_dir, do_lower_case, strip_accents)
    manifest = current(data_dir, wanted)
    if manifest is not None:
        with progress.reporter("Vocabulary") as report:
            report.message(in_words(manifest["tokens"], wanted["source"]))
            report.result(up_to_date=True)
        return dict(manifest, up_to_date=True)
    from helpers.environment import child

    argv = ["--source", os.fspath(source), "--output-dir", data_dir]
    argv += ["--do-lower-case" if do_lower_case else "--no-lower-case"]
    argv += ["--do-strip-accents" if strip_accents else "--no-strip-accents"]
    child.run("helpers.data.vocabulary", argv, title="Vocabulary")
    manifest = current(data_dir, wanted)
    if manifest is None:
        raise TutorialError("the vocabulary is not finished: run it again")
    return dict(manifest, up_to_date=False)


def parameters(source, data_dir, do_lower_case=False, strip_accents=False, corpus_file=None):
    """All that the vocabulary depends on, inputs by their hashes.

    ``corpus_file`` stands in for DATA_DIR/corpus/train.txt.  Raises TutorialError for what cannot be.
    """
    source = os.fspath(source)
    for name, value in (("do_lower_case", do_lower_case), ("strip_accents", strip_accents)):
        if not isinstance(value, bool):
            raise TutorialError(f"{name} is {value!r}: give True or False")
    found = {"do_lower_case": do_lower_case, "strip_accents": strip_accents, "format": FORMAT}
    if source == MULTILINGUAL:
        return dict(found, source=source)
    name, _, size = source.partition(":")
    if name == TRAIN:
        size = size or str(DEFAULT_SIZE)
        if not re.match(r"[0-9]{1,9}$", size) or not SMALLEST_SIZE <= int(size) <= LARGEST_SIZE:
            raise TutorialError(
                f"VOCAB is {source!r}: give a number of word pieces from {SMALLEST_SIZE:,} to {LARGEST_SIZE:,}, such as "
                '"train:8000"'
            )
        path = corpus_file or os.path.join(data_dir, "corpus", "train.txt")
        if not os.path.isfile(path):
            raise TutorialError(f"there is no {path} to learn a vocabulary from: prepare the corpus first")
        return dict(found, source=name, vocab_size=int(size), corpus=corpus.content_hash(path))
    path = os.path.abspath(os.path.expanduser(source))
    if not os.path.isfile(path):
        raise TutorialError(
            f"VOCAB is {source!r}, and there is no such file: give {MULTILINGUAL!r}, 'train:8000' or the path of a vocab.txt"
        )
    return dict(found, source=path, sha256=sha256(path))


def in_words(tokens, source):
    """How many word pieces there are, and where they come from."""
    origin = "learnt from the corpus" if source == TRAIN else f"from {source}"
    return f"{format(tokens, ',')} word pieces, {origin}"


def current(data_dir, wanted):
    """The manifest with ``vocab_file``, when the files in DATA_DIR were made with the parameters ``wanted``."""
    manifest = read_json(os.path.join(data_dir, "vocab.manifest.json"), default={})
    path = os.path.join(data_dir, "vocab.txt")
    if (
        not isinstance(manifest, dict)
        or manifest.get("parameters") != wanted
        or not os.path.isfile(path)
        or sha256(path) != manifest.get("sha256")
        or read_json(os.path.join(data_dir, "tokenizer_config.json")) != _tokenizer_config(wanted)
    ):
        return None
    return dict(manifest, vocab_file=path)


def write(data_dir, tokens, wanted):
    """Write the three files; the manifest last."""
    vocab_file.check(tokens, "the vocabulary")
    path = os.path.join(data_dir, "vocab.txt")
    vocab_file.write(path, tokens)
    write_json(os.path.join(data_dir, "tokenizer_config.json"), _tokenizer_config(wanted))
    manifest = {"parameters": wanted, "tokens": len(tokens), "sha256": sha256(path)}
    write_json(os.path.join(data_dir, "vocab.manifest.json"), manifest)


def _tokenizer_config(wanted):
    return {
        "tokenizer_class": "ElectraTokenizer",
        "do_lower_case": wanted["do_lower_case"],
        "strip_accents": wanted["strip_accents"],
        "model_max_length": MAX_POSITIONS,
    }


def pieces(path, text, do_lower_case=False, strip_accents=False):
    """The pieces that a vocabulary cuts ``text`` into: list of str, those that continue a word with ``##``."""
    from helpers.data.vocabulary.tokenization import Tokenizer

    tokenizer = Tokenizer(path, do_lower_case, strip_accents)
    names = {number: token for token, number in tokenizer.vocabulary.items()}
    return [names[number] for number in tokenizer.ids(text)]


def tokens(data_dir: str = "data") -> List[str]:
    """The word pieces of DATA_DIR/vocab.txt in the order of their ids.  Raises TutorialError where there are none."""
    path = os.path.join(os.fspath(data_dir), "vocab.txt")
    if not os.path.isfile(path):
        raise TutorialError(f"there is no {path}: prepare the vocabulary first")
    return vocab_file.read(path)


def compare(
    vocabularies: Mapping[str, str],
    text_file: str,
    lines: int = 2000,
    do_lower_case: bool = False,
    strip_accents: bool = False,
) -> Dict[str, Any]:
    """How long a text becomes in each of several vocabularies, and how much of each it uses.

    Parameters
    ----------
    vocabularies : dict of str to path
        A vocab.txt for each label.
    text_file : path
        Text; its first ``lines`` lines that are not blank are cut into tokens.
    do_lower_case, strip_accents : bool
        How text is changed before it is looked up.

    Returns
    -------
    dict
        ``words``: the number of words of each sentence; ``lengths``: for each label the number of tokens of each
        sentence; ``used`` and ``sizes``: for each label how many different tokens occur, and how many there are.
    """
    from helpers.data.vocabulary.tokenization import Tokenizer

    with open(text_file, encoding="utf-8") as file:
        sentences = list(itertools.islice(filter(str.strip, file), lines))
    if not sentences:
        raise TutorialError(f"{text_file} has no text to count")
    found = {"words": [len(sentence.split()) for sentence in sentences], "lengths": {}, "used": {}, "sizes": {}}
    for label, path in vocabularies.items():
        tokenizer = Tokenizer(os.fspath(path), do_lower_case, strip_accents)
        cut = [tokenizer.ids(sentence) for sentence in sentences]
        found["lengths"][label] = [len(ids) for ids in cut]
        found["used"][label] = len(set(itertools.chain.from_iterable(cut)))
        found["sizes"][label] = len(tokenizer.vocabulary)
    return found
