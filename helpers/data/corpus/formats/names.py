"""Which files of a folder or an archive are text, by their names alone."""

import collections
import os
import re
from typing import Dict, List, Optional, Tuple

from helpers.base.errors import TutorialError
from helpers.data.corpus.account import Tally

# The endings of what is read, alone or before one of a packing.
ENDINGS = (".txt", ".text", ".srt", ".vtt", ".sbv", ".xml", ".tmx", ".xlf", ".xliff",
            ".jsonl", ".ndjson", ".jsonlines", ".csv", ".tsv",
           ".parquet", ".arrow", ".conllu")  # fmt: skip
PACKINGS = (".gz", ".bz2", ".xz", ".lzma", ".zst", ".zip", ".tar", ".tgz", ".tbz2", ".txz")
BESIDE = ("README", "LICENSE", "LICENCE", "COPYING", "NOTICE", "CHANGELOG")
# What stands beside a dataset or a model and says what it is.
_DESCRIBING = "dataset_info dataset_infos dataset_dict state metadata config package tokenizer tokenizer_config "
_DESCRIBING += "special_tokens_map vocab manifest"
DESCRIBING = {f"{name}.json" for name in _DESCRIBING.split()}
# Files in two languages as OPUS packs them: Books.en-es.en, Books.en-es.es
_PAIR = re.compile(r"\.([a-z]{2,3}(?:_\w+)?)-([a-z]{2,3}(?:_\w+)?)\.(\1|\2)$", re.I)


def left_out(name: str) -> Optional[str]:
    """Why a file of this name is never text to train on, or None."""
    parts = name.replace("\\", "/").split("/")
    base = parts[-1]
    if any(part.startswith(".") and part not in (".", "..") for part in parts) or "__MACOSX" in parts:
        return "hidden files"
    if base.lower() == "vocab.txt":
        return "vocab.txt"
    if base.lower() in DESCRIBING:
        return "files that describe others"
    for word in BESIDE:
        if re.match(rf"{word}(?:[._-].*)?$", base, re.I):
            return f"{word.replace('LICENCE', 'LICENSE')} files"
    return None


def _ending(name: str) -> Tuple[str, bool]:
    """The ending that says what a file is, and whether it is packed."""
    root, ending = os.path.splitext(name.lower())
    return (os.path.splitext(root)[1], True) if ending in PACKINGS else (ending, False)


def choose(names: List[str], where: str, language: Optional[str], tally: Tally) -> List[str]:
    """Those of the ``names`` (paths within ``where``) that are text, in their order; the rest is counted in ``tally``.

    Files of a pair of languages: those in ``language``; TutorialError where none is given.  Else files with one of
    ENDINGS, packed or not; where there are none of these, .json files; where there are none of these either, files
    whose names have no ending, as wiki extractors make them.
    """
    kept, others = [], collections.Counter()
    for name in names:
        why = left_out(name)
        if why:
            tally.leave_out(why)
        else:
            kept.append(name)
    pairs = {name: _PAIR.search(_unpacked(name)) for name in kept}
    if any(pairs.values()):
        return _in_language({name: match.group(3).lower() for name, match in pairs.items() if match}, where, language)
    groups: Dict[str, List[str]] = {"text": [], "json": [], "none": []}
    for name in kept:
        ending, packed = _ending(name)
        if ending in ENDINGS or (packed and not ending):
            groups["text"].append(name)
        elif ending == ".json":
            groups["json"].append(name)
        elif not ending or re.match(r"\.\d+$", ending):
            groups["none"].append(name)
        else:
            others[ending] += 1
    chosen = groups["text"] or groups["json"] or groups["none"]
    for group in groups.values():
        if group is not chosen:
            others.update(_ending(name)[0] or "without an ending" for name in group)
    for ending, count in sorted(others.items()):
        tally.leave_out(f"files {ending}" if ending.startswith("w") else f"{ending} files", count)
    return chosen


def of_a_pair(name: str) -> bool:
    """Whether a file's name says that it is one of a pair in two languages."""
    return _PAIR.search(_unpacked(name)) is not None


def _unpacked(name: str) -> str:
    root, ending = os.path.splitext(name)
    return root if ending.lower() in PACKINGS else name


def _in_language(languages: Dict[str, str], where: str, language: Optional[str]) -> List[str]:
    known = sorted(set(languages.values()))
    wanted = language.strip().lower().replace("-", "_") if language else None
    if wanted is None and len(known) > 1:
        raise TutorialError(
            f"{where} has text in {' and '.join(known[:5])}: choose with CORPUS_LANGUAGE (language=), such as "
            f'"{known[-1]}"'
        )
    chosen = [name for name, code in languages.items() if wanted is None or code == wanted]
    if not chosen:
        raise TutorialError(f"{where} has no text in {language}, only in {', '.join(known[:5])}: choose one of these")
    return chosen
