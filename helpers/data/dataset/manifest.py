"""What decides the examples in a folder, and whether a folder has just these.

Both the notebook's kernel and the data builder's process ask, so this needs the standard library only.
"""

import os
from typing import Any, Dict, Mapping, Optional, Tuple

from helpers.base import files, manifest, remote
from helpers.base.errors import TutorialError

FORMAT = 2  # raise it when the same settings make other files
CORPUS_BYTES_PER_FILE = 50 << 20
LIMITS = {"max_seq_length": (5, 512), "num_out_files": (1, 10000), "num_processes": (1, 1024)}


def check(**numbers: Optional[int]) -> None:
    """Refuse numbers out of their LIMITS; None is the default of each."""
    for name, value in numbers.items():
        low, high = LIMITS[name]
        if value is not None and not (isinstance(value, int) and low <= value <= high):
            raise TutorialError(f"{name} is {value!r}: it must be a number from {low} to {high}")


def corpus_files(folder: str, pattern: str = "*") -> Dict[str, str]:
    """Paths of the corpus files in ``folder`` by name: .txt and .txt.gz, but never vocab.txt."""
    if not remote.folder_exists(folder):
        raise TutorialError(f"there is no corpus folder {folder}: make it with helpers.data.corpus or name another")
    names = [name for name in remote.list_files(folder, pattern) if name.endswith((".txt", ".txt.gz"))]
    names = [name for name in names if name != "vocab.txt"]
    if not names:
        raise TutorialError(f"{folder} has no corpus: no file there matches {pattern} and ends in .txt or .txt.gz")
    return {name: os.path.join(folder, name) for name in names}


def tokenizer_settings(
    path: str, do_lower_case: Optional[bool] = None, strip_accents: Optional[bool] = None
) -> Tuple[bool, bool]:
    """How to treat case and accents with the vocabulary ``path``: (do_lower_case, strip_accents).

    What is None is taken from tokenizer_config.json beside the vocabulary; where that says nothing, text is
    lower-cased, and accents are stripped if it is: the reference's defaults.
    """
    config = _tokenizer_config(path)
    if do_lower_case is None:
        do_lower_case = config.get("do_lower_case", True)
    elif do_lower_case != config.get("do_lower_case"):
        config = {}  # made for the other case: its accents are not meant for this one
    if strip_accents is None:
        strip_accents = config.get("strip_accents")
    return bool(do_lower_case), bool(do_lower_case if strip_accents is None else strip_accents)


def guessed(path: str, do_lower_case: Optional[bool], strip_accents: Optional[bool]) -> str:
    """A sentence on what of ``tokenizer_settings`` nobody has stated; "" where all is."""
    config = _tokenizer_config(path)
    stated = [do_lower_case is not None or "do_lower_case" in config, strip_accents is not None]
    stated[1] = stated[1] or (config.get("strip_accents") is not None and stated[0])
    if all(stated):
        return ""
    lower, strip = tokenizer_settings(path, do_lower_case, strip_accents)
    said = [] if stated[0] else [f"text is {'lower-cased' if lower else 'left in its case'}"]
    said += [] if stated[1] else [f"accents are {'dropped' if strip else 'kept'}"]
    return (
        f"{' and '.join(said)}, as google-research/electra does by default, since no tokenizer_config.json beside "
        f"{path} and no flag says otherwise (--no-lower-case, --no-strip-accents)"
    )


def _tokenizer_config(path):
    return files.read_settings(os.path.join(os.path.dirname(path), "tokenizer_config.json"), remote.open_file)


def parameters(
    paths: Mapping[str, str],
    vocab_file: str,
    max_seq_length: int,
    blanks_separate_docs: bool,
    one_sentence_per_example: bool,
    num_out_files: Optional[int],
    seed: int,
    do_lower_case: Optional[bool] = None,
    strip_accents: Optional[bool] = None,
    cut_long_words: bool = True,
) -> Dict[str, Any]:
    """All that decides the examples but the corpus itself, as it stands in the manifest."""
    if not remote.file_exists(vocab_file):
        raise TutorialError(f"there is no vocabulary {vocab_file}: make it with helpers.data.vocabulary")
    check(max_seq_length=max_seq_length, num_out_files=num_out_files)
    lower, strip = tokenizer_settings(vocab_file, do_lower_case, strip_accents)
    size = sum(remote.file_size(path) for path in paths.values())
    return dict(
        format=FORMAT,
        vocab_sha256=remote.sha256(vocab_file),
        do_lower_case=lower,
        strip_accents=strip,
        cut_long_words=cut_long_words,
        max_seq_length=max_seq_length,
        blanks_separate_docs=blanks_separate_docs,
        one_sentence_per_example=one_sentence_per_example,
        num_out_files=num_out_files or max(1, size // CORPUS_BYTES_PER_FILE),
        seed=seed,
    )


def up_to_date(folder: str, wanted: Mapping[str, Any], paths: Mapping[str, str]) -> Optional[Dict[str, Any]]:
    """The manifest of ``folder``, when it tells of these parameters and corpus files and all its files are whole.

    Returns None when they have to be made.
    """
    return manifest.current(os.path.join(folder, manifest.FILE), wanted, paths)


def read(folder: str) -> Optional[Dict[str, Any]]:
    """The manifest of ``folder``, on any file system; None when there is none."""
    return manifest.read(os.path.join(folder, manifest.FILE))
