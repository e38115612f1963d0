"""Values as people write them."""

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
