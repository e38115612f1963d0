"""Values of hyperparameters as people write them, in JSON or as text, turned into the type that each name wants."""

import json
import math
from typing import Any, Iterable, Optional

from helpers.base.errors import TutorialError, did_you_mean
from helpers.base.values import truth
from helpers.pretraining.shapes import ENCODER_SETTINGS, EncoderConfig


def suggestion(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown ``name``: the nearest of the ``known`` ones, if any is near."""
    return f"; {did_you_mean(name, known) or 'helpers/pretraining/hyperparameters.py lists all names'}"


def coerce(name: str, kind: Any, value: Any) -> Any:
    """``value`` as the type ``kind`` of the field ``name``; strings are read ("false" is false).

    Raises TutorialError that names the hyperparameter.
    """
    optional = kind in (Optional[int], Optional[str], Optional[bool])
    if value is None or (optional and value == "none"):
        if optional:
            return None
        raise TutorialError(f"hyperparameter {name} needs a value, not null")
    kind = kind.__args__[0] if optional else kind
    try:
        if kind is bool:
            return truth(value)
        if kind is dict:
            return _overrides(value)
        if kind is str:
            if not isinstance(value, str):
                raise ValueError
            return value
        if isinstance(value, bool):
            raise ValueError
        number = float(value)
        if not math.isfinite(number):
            raise ValueError
        if kind is int:
            if number != int(number):
                raise ValueError
            return int(number)
        return number
    except (TypeError, ValueError, OverflowError, RecursionError):
        wanted = {
            bool: "true or false",
            int: "a whole number",
            float: "a finite number",
            str: "text",
            dict: "an object",
        }
        raise TutorialError(f"hyperparameter {name} must be {wanted[kind]}, not {value!r:.200}")


def _overrides(value):
    overrides = json.loads(value) if isinstance(value, str) else value
    if not isinstance(overrides, dict):
        raise ValueError
    overrides = dict(overrides)
    for name, setting in overrides.items():
        if name not in ENCODER_SETTINGS:
            raise TutorialError(f"unknown name {name!r} in model_hparam_overrides{suggestion(name, ENCODER_SETTINGS)}")
        kind = EncoderConfig.__annotations__[name]
        overrides[name] = coerce(f"model_hparam_overrides.{name}", kind, setting)
    return overrides
