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
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from helpers.base import manifest, progress, values
from helpers.base.errors import TutorialError
from helpers.base.files import write_json
from helpers.data import corpus
from helpers.data.vocabulary import vocab_file
from helpers.data.vocabulary.vocab_file import SPECIAL_TOKENS, parse, read  # noqa: F401  (for callers)

MULTILINGUAL = "bert-base-multilingual-cased"
TRAIN = "train"
DEFAULT_SIZE, SMALLEST_SIZE, LARGEST_SIZE = 30000, 200, 1000000  # of a vocabulary of one's own
FORMAT = 2  # one more when the same input would give another vocabulary
MANIFEST = "vocab.manifest.json"
UNKNOWN_SHARE = 0.01  # of a text's tokens that may be [UNK] without a warning
MAX_POSITIONS = 512  # what any ELECTRA of ours can take, as the reference


@corpus.explained("the vocabulary")
def prepare(
    source: str = MULTILINGUAL,
    data_dir: str = "data",
    do_lower_case: Optional[bool] = None,
    strip_accents: Optional[bool] = None,
    hparams: Optional[Mapping[str, Any]] = None,
) -> Dict[str, Any]:
    """Make DATA_DIR's vocabulary, unless it is there already, made from the same.

    Parameters
    ----------
    source : str or path
        ``"bert-base-multilingual-cased"``: 119,547 word pieces of 104 languages, from the Hugging Face
        Hub; ``"train:8000"``: so many word pieces (without a number, 30,000) learnt from
        DATA_DIR/corpus/train.txt, which may give fewer; or the path of a vocab.txt (or vocab.txt.gz), or of a
        tokenizer.json with WordPiece in it.
    do_lower_case, strip_accents : bool, optional
        How text is to be changed before it is looked up.  By default neither, for Spanish keeps its accents.
    hparams : dict, optional
        The run's hyperparameters: their ``do_lower_case`` and ``strip_accents`` count where those above are None, so
        that the whole run obeys them.

    Returns
    -------
    dict
        ``parameters``, ``tokens`` (their number), ``account`` (how the corpus fares: ``unknown_share`` and
        ``unknown_words``; None without a corpus), ``up_to_date`` and the path ``vocab_file``.

    Raises TutorialError where the vocabulary cannot be had or is none.
    """
    data_dir = expanded(data_dir)
    lower, strip = _settings(do_lower_case, strip_accents, hparams or {})
    wanted, inputs = parameters(source, data_dir, lower, strip)
    made = current(data_dir, wanted, inputs)
    if made is not None:
        with progress.reporter("Vocabulary") as report:
            for sentence in in_words(made):
                report.message(sentence)
            report.result(up_to_date=True)
        return dict(made, up_to_date=True)
    from helpers.environment import child

    argv = ["--source", os.fspath(source), "--output-dir", data_dir]
    argv += ["--do-lower-case" if lower else "--no-lower-case"]
    argv += ["--do-strip-accents" if strip else "--no-strip-accents"]
    child.run("helpers.data.vocabulary", argv, title="Vocabulary")
    made = current(data_dir, wanted, inputs)
    if made is None:
        raise TutorialError("the vocabulary is not finished: run it again")
    return dict(made, up_to_date=False)


def _settings(do_lower_case, strip_accents, hparams):
    """(do_lower_case, strip_accents) as given, else as the hyperparameters have them, else False."""
    found = []
    for name, given in (("do_lower_case", do_lower_case), ("strip_accents", strip_accents)):
        if given is None and hparams.get(name) is not None:
            try:
                given = values.truth(hparams[name])
            except ValueError:
                raise TutorialError(f"the hyperparameter {name} is {hparams[name]!r}: give true or false")
        found.append(False if given is None else given)
    return found


def expanded(path: str) -> str:
    """A path with ~ and $HOME told apart, absolute."""
    return os.path.abspath(os.path.expanduser(os.path.expandvars(os.fspath(path))))


def parameters(
    source: str,
    data_dir: str,
    do_lower_case: bool = False,
    strip_accents: bool = False,
    corpus_file: Optional[str] = None,
) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """All that the vocabulary depends on: settings, and the files that it is made from, paths by name.

    ``corpus_file`` stands in for DATA_DIR/corpus/train.txt.  Raises TutorialError for what cannot be.
    """
    source = os.fspath(source)
    for name, value in (("do_lower_case", do_lower_case), ("strip_accents", strip_accents)):
        if not isinstance(value, bool):
            raise TutorialError(f"{name} is {value!r}: give True or False")
    found = {"do_lower_case": do_lower_case, "strip_accents": strip_accents, "format": FORMAT}
    if source == MULTILINGUAL:
        return dict(found, source=source), {}
    name, _, size = source.partition(":")
    if name == TRAIN:
        size = size or str(DEFAULT_SIZE)
        if not re.match(r"[0-9]{1,9}$", size) or not SMALLEST_SIZE <= int(size) <= LARGEST_SIZE:
            raise TutorialError(
                f"VOCAB is {source!r}: give a number of word pieces from {SMALLEST_SIZE:,} to {LARGEST_SIZE:,}, "
                'such as "train:8000"'
            )
        path = corpus_file or os.path.join(data_dir, "corpus", "train.txt")
        if not os.path.isfile(path):
            raise TutorialError(f"there is no {path} to learn a vocabulary from: prepare the corpus first")
        return dict(found, source=name, vocab_size=int(size)), {os.path.basename(path): path}
    path = expanded(source)
    if not os.path.isfile(path):
        raise TutorialError(
            f"VOCAB is {source!r}, and there is no such file: give {MULTILINGUAL!r}, 'train:8000' or the path of a "
            "vocab.txt"
        )
    return dict(found, source=path), {os.path.basename(path): path}


def in_words(made: Mapping[str, Any]) -> List[str]:
    """A manifest in sentences: how many word pieces there are, what becomes of text, and how much of it is unknown."""
    settings, account = made["parameters"], made.get("account")
    origin = "learnt from the corpus" if settings["source"] == TRAIN else f"from {settings['source']}"
    case = "lower-cased" if settings["do_lower_case"] else "left in its case"
    accents = "dropped" if settings["strip_accents"] else "kept"
    said = [f"{made['tokens']:,} word pieces, {origin}; text is {case}, accents are {accents}"]
    if account:
        said.append(unknown_in_words(account["unknown_share"], account["unknown_words"], account["remedy"]))
    return said


def unknown_in_words(share: float, words: Sequence[Sequence[Any]], remedy: str) -> str:
    """How much of a text is unknown to the vocabulary; above 1% a warning with the words and what helps."""
    if share <= UNKNOWN_SHARE:
        return f"{100 * share:.2g}% of the corpus' tokens are [UNK]"
    named = ", ".join(f"{word if len(word) <= 20 else word[:20] + '…'} ({count:,})" for word, count in words)
    return f"warning: {100 * share:.3g}% of the corpus' tokens are [UNK], most of all {named}; {remedy}"


def remedy(tokens: Sequence[str], do_lower_case: bool, strip_accents: bool, words: Sequence[str]) -> str:
    """What helps where a text has these ``words``, among others, that are unknown to the vocabulary."""
    lower, strip = vocab_file.made_for(tokens)
    now_lower, now_strip = vocab_file.made_for(words)
    lacking = []
    if lower and not do_lower_case and not now_lower:
        lacking.append(("do_lower_case", "capitals"))
    if strip and not strip_accents and not now_strip:
        lacking.append(("strip_accents", "accents"))
    if not lacking:
        return 'a vocabulary of the text\'s own has them (VOCAB = "train:8000", or a larger one)'
    lacks = " and no ".join(what for _, what in lacking)
    switch = ", ".join(f'"{name}": true' for name, _ in lacking)
    return f"the vocabulary has no {lacks} and the text keeps its own: HPARAMS = {{{switch}}} treats the text alike"


def current(data_dir: str, wanted: Mapping[str, Any], inputs: Mapping[str, str]) -> Optional[Dict[str, Any]]:
    """The manifest with ``vocab_file``, when the files in DATA_DIR are what ``parameters`` asks for; else None."""
    made = manifest.current(os.path.join(data_dir, MANIFEST), wanted, inputs)
    return made and dict(made, vocab_file=os.path.join(data_dir, "vocab.txt"))


def write(
    data_dir: str,
    tokens: Sequence[str],
    wanted: Mapping[str, Any],
    inputs: Optional[Mapping[str, str]] = None,
    account: Optional[Mapping[str, Any]] = None,
) -> Dict[str, Any]:
    """Write the three files, the manifest last, and return it."""
    vocab_file.check(tokens, "the vocabulary")
    paths = {name: os.path.join(data_dir, name) for name in ("vocab.txt", "tokenizer_config.json")}
    known = {name: manifest.record(path) for name, path in (inputs or {}).items()}
    vocab_file.write(paths["vocab.txt"], tokens)
    config = {name: wanted[name] for name in ("do_lower_case", "strip_accents")}
    config.update(tokenizer_class="ElectraTokenizer", model_max_length=MAX_POSITIONS)
    write_json(paths["tokenizer_config.json"], config)
    outputs = {name: manifest.record(path) for name, path in paths.items()}
    return manifest.write(os.path.join(data_dir, MANIFEST), wanted, known, outputs, tokens=len(tokens), account=account)


def pieces(path: str, text: str, do_lower_case: bool = False, strip_accents: bool = False) -> List[str]:
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
