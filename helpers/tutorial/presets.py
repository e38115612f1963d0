"""Parameters of the notebooks for a run of a kind, by name: ``notebooks/presets/NAME.json``.

A preset is a flat JSON object whose names are those of the notebook's ``parameters`` cell.  The same
file serves papermill (``papermill -f notebooks/presets/sample.json``) and the notebook's PRESET field.
"""

import json
import os

from helpers.base.errors import TutorialError
from helpers.base.values import truth

FOLDER = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "notebooks", "presets"
)
HYPERPARAMETERS = ("MODEL_SIZE", "MAX_SEQ_LENGTH", "NUM_TRAIN_STEPS", "TRAIN_BATCH_SIZE", "LEARNING_RATE", "SEED")

# What kind of value each parameter of the notebooks has, and how that is said.
KINDS = {
    str: ("DATA_DIR MODEL_NAME PRESET CORPUS VOCAB MODEL_SIZE TENSORFLOW", "text"),
    int: ("TRAIN_SIZE MAX_SEQ_LENGTH NUM_TRAIN_STEPS TRAIN_BATCH_SIZE SEED", "a whole number"),
    float: ("LEARNING_RATE", "a number such as 0.0005"),
    bool: ("ONE_SENTENCE_PER_EXAMPLE", "True or False"),
    dict: ("HPARAMS", "names and values, such as {\"eval_steps\": 1000} (papermill: -y 'HPARAMS: {eval_steps: 1000}')"),
}
MAY_BE_NONE = ("TRAIN_SIZE",)


def names():
    """The presets there are, in alphabetical order."""
    return sorted(os.path.splitext(name)[0] for name in os.listdir(FOLDER) if name.endswith(".json"))


def load(name, given=None):
    """The parameters of preset ``name`` as a dict; an empty one for an empty name.

    ``given``: the notebook's parameters by name (``globals()`` will do), which are checked first, see
    :func:`check`.  Raises TutorialError that names the parameter, or lists the presets when there is
    none of that name.
    """
    checked = check(given or {})
    if not name:
        return checked
    if name not in names():
        raise TutorialError(f"PRESET {name!r} is not one of: {', '.join(names())}")
    with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as file:
        return dict(checked, **json.load(file))


def check(given):
    """Those of a notebook's parameters that have a kind, as that kind; TutorialError for one that cannot be.

    papermill's ``-p`` hands some values over as text: "128" is read as a number, "false" as False and
    a JSON object as a dict.
    """
    checked = {}
    for kind, (parameters, words) in KINDS.items():
        for name in parameters.split():
            if name in given:
                checked[name] = _as(kind, name, given[name], words)
    return checked


def _as(kind, name, value, words):
    try:
        if isinstance(value, str) and kind is not str:
            value = truth(value) if kind is bool else json.loads(value)
        if kind is float and type(value) is int:
            value = float(value)
    except (ValueError, RecursionError, OverflowError):
        value = None if not isinstance(value, str) else value
    if name in MAY_BE_NONE and value is None:
        return value
    if type(value) is not kind:
        raise TutorialError(f"the notebook's parameter {name} is {value!r:.100}: give {words}")
    return value


def hyperparameters(parameters):
    """The hyperparameters among the notebook's ``parameters``, by the names that training knows them by."""
    named = {name.lower(): parameters[name] for name in HYPERPARAMETERS if name in parameters}
    return dict(named, **parameters.get("HPARAMS", {}))
