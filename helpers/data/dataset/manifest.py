"""What decides the examples in a folder, and whether a folder has just these.

Both the notebook's kernel and the data builder's process ask, so this needs the standard library only.
"""

import json
import os

from helpers.base import files, remote
from helpers.base.errors import TutorialError

MANIFEST = "manifest.json"
FORMAT = 1  # raise it when the same settings make other files
CORPUS_BYTES_PER_FILE = 50 << 20
LIMITS = {"max_seq_length": (5, 512), "num_out_files": (1, 10000), "num_processes": (1, 1024)}


def check(**numbers):
    """Refuse numbers out of their LIMITS; None is the default of each."""
    for name, value in numbers.items():
        low, high = LIMITS[name]
        if value is not None and not (isinstance(value, int) and low <= value <= high):
            raise TutorialError(f"{name} is {value!r}: it must be a number from {low} to {high}")


def corpus_files(folder, pattern="*"):
    """Paths of the corpus files in ``folder`` by name: .txt and .txt.gz, but never vocab.txt."""
    if not remote.folder_exists(folder):
        raise TutorialError(f"there is no corpus folder {folder}: make it with helpers.data.corpus or name another")
    names = [name for name in remote.list_files(folder, pattern) if name.endswith((".txt", ".txt.gz"))]
    names = [name for name in names if name != "vocab.txt"]
    if not names:
        raise TutorialError(f"{folder} has no corpus: no file there matches {pattern} and ends in .txt or .txt.gz")
    return {name: os.path.join(folder, name) for name in names}


def tokenizer_settings(vocab_file, do_lower_case=None, strip_accents=None):
    """How to treat case and accents: (do_lower_case, strip_accents).

    What is None is taken from tokenizer_config.json beside the vocabulary; where that says nothing, text is
    lower-cased, and accents are stripped if it is: the reference's defaults.
    """
    beside = os.path.join(os.path.dirname(vocab_file), "tokenizer_config.json")
    config = files.read_settings(beside, remote.open_file)
    if do_lower_case is None:
        do_lower_case = config.get("do_lower_case", True)
    elif do_lower_case != config.get("do_lower_case"):
        config = {}  # made for the other case: its accents are not meant for this one
    if strip_accents is None:
        strip_accents = config.get("strip_accents")
    return bool(do_lower_case), bool(do_lower_case if strip_accents is None else strip_accents)


def parameters(
    paths,
    vocab_file,
    max_seq_length,
    blanks_separate_docs,
    one_sentence_per_example,
    num_out_files,
    seed,
    do_lower_case=None,
    strip_accents=None,
):
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
        max_seq_length=max_seq_length,
        blanks_separate_docs=blanks_separate_docs,
        one_sentence_per_example=one_sentence_per_example,
        num_out_files=num_out_files or max(1, size // CORPUS_BYTES_PER_FILE),
        seed=seed,
    )


def up_to_date(folder, wanted, paths):
    """The manifest of ``folder``, when it tells of these parameters and corpus files and all its files are whole.

    Returns None when they have to be made.
    """
    manifest = read(folder)
    try:
        if manifest["parameters"] != wanted or set(manifest["inputs"]) != set(paths):
            return None
        for name, size, _ in manifest["files"]:
            if remote.file_size(os.path.join(folder, name)) != size:
                return None
        for name, path in paths.items():
            touched = manifest["fingerprints"][name] != remote.fingerprint(path)
            if touched and manifest["inputs"][name] != remote.sha256(path):
                return None
    except (KeyError, TypeError, ValueError, OSError):
        return None
    return manifest


def read(folder):
    """The manifest of ``folder``, on any file system; None when there is none."""
    try:
        with remote.open_file(os.path.join(folder, MANIFEST)) as file:
            return json.loads(file.read().decode("utf-8"))
    except (OSError, ValueError):
        return None
