"""Parameters of the notebooks for a run of a kind, by name: ``notebooks/presets/NAME.json``.

A preset is a flat JSON object whose names are those of the notebook's ``parameters`` cell.  The same
file serves papermill (``papermill -f notebooks/presets/sample.json``) and the notebook's PRESET field.
"""

import json
import os

from .errors import TutorialError

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "notebooks", "presets")
HYPERPARAMETERS = ("MODEL_SIZE", "MAX_SEQ_LENGTH", "NUM_TRAIN_STEPS", "TRAIN_BATCH_SIZE", "LEARNING_RATE", "SEED")


def names():
    """The presets there are, in alphabetical order."""
    return sorted(os.path.splitext(name)[0] for name in os.listdir(FOLDER) if name.endswith(".json"))


def load(name):
    """The parameters of preset ``name`` as a dict; an empty one for an empty name.

    Raises TutorialError that lists the presets, when there is none of that name.
    """
    if not name:
        return {}
    if name not in names():
        raise TutorialError("PRESET %r is not one of: %s" % (name, ", ".join(names())))
    with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def hyperparameters(parameters):
    """The hyperparameters among the notebook's ``parameters``, by the names that training knows them by."""
    named = {name.lower(): parameters[name] for name in HYPERPARAMETERS if name in parameters}
    return dict(named, **parameters.get("HPARAMS", {}))
