"""tokenizer.json, all that transformers 5 saves of a tokenizer: the vocabulary inside, and what is done with a text."""

import json
import os
from typing import Any, Dict, List, Tuple

from helpers.base.errors import TutorialError

FILE = "tokenizer.json"


def read(path: str) -> Tuple[List[str], Dict[str, bool]]:
    """The tokens in the order of their ids, and ``do_lower_case`` and ``strip_accents`` where the file says them.

    Raises TutorialError where the file cannot be read, or holds another kind of tokenizer than ELECTRA's.
    """
    try:
        with open(path, encoding="utf-8") as file:
            made = json.load(file)
        kind, vocabulary = made["model"].get("type", "WordPiece"), made["model"]["vocab"]
        added = {each["content"]: each["id"] for each in made.get("added_tokens") or ()}
        normalizer = made.get("normalizer") or {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TutorialError(f"{path} cannot be read ({' '.join(str(error).split())[:100]}): fetch or save it again")
    if kind != "WordPiece" or not isinstance(vocabulary, dict):
        raise TutorialError(
            f"{path} holds a tokenizer of the kind {kind}, and ELECTRA's is WordPiece: use another model"
        )
    by_id = {number: token for token, number in list(vocabulary.items()) + list(added.items())}
    if not by_id or set(by_id) != set(range(len(by_id))):
        raise TutorialError(
            f"{path} has gaps in its vocabulary: {len(by_id)} tokens, ids up to {max(by_id, default=0)}"
        )
    return [by_id[number] for number in range(len(by_id))], _settings(normalizer)


def only(folder: str) -> bool:
    """Whether a folder says of its tokenizer no more than tokenizer.json does."""
    return os.path.isfile(os.path.join(folder, FILE)) and not os.path.isfile(os.path.join(folder, "vocab.txt"))


def _settings(normalizer: Dict[str, Any]) -> Dict[str, bool]:
    parts = [normalizer] + list(normalizer.get("normalizers") or ())
    bert = next((part for part in parts if part.get("type") == "BertNormalizer"), None)
    if bert is None:
        return {}
    lower, strip = bool(bert.get("lowercase")), bert.get("strip_accents")
    return dict(do_lower_case=lower, strip_accents=lower if strip is None else bool(strip))
