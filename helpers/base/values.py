"""Values as people write them."""

import argparse
from typing import Any

TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def truth(value: Any) -> bool:
    """The truth value that ``value`` says, as itself or in a word: "false" is False; capitals do not matter.

    Raises ValueError for what is neither, so that it can be the ``type=`` of an argparse argument.
    """
    word = str(value).strip().lower()
    if word not in TRUTH:
        raise ValueError(f"{value!r} is neither true nor false")
    return TRUTH[word]


def given(text: str) -> str:
    """``text`` where it says anything, as the ``type=`` of an argparse argument: a path, a name, an address.

    Raises argparse.ArgumentTypeError for what is empty, as "$FOLDER" is where a shell knows no FOLDER: as a path it
    would be the working directory.
    """
    if not text.strip():
        raise argparse.ArgumentTypeError(
            "it is empty (a shell variable that is not set?): give a value or leave it out"
        )
    return text
