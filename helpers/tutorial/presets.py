"""The settings of a notebook's run: what the form says, and from a preset what the form leaves open.

    settings = presets.load(PRESET, globals())
    corpus.prepare(settings.corpus, settings.data_dir, train_size=settings.train_size, seed=settings.seed)

A preset is a flat JSON object, ``notebooks/presets/NAME.json``, whose names are those of the notebook's form; the
article's own numbers are the preset ``article``.
"""

import json
import os
from typing import Any, Dict, List, Mapping, Optional

from helpers.base import files
from helpers.base.errors import TutorialError, did_you_mean
from helpers.plots.tables import Table
from helpers.tutorial import parameters

FOLDER = os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "notebooks", "presets"
)
ARTICLE = "article"
FORM = "the form"  # where a value comes from that the user has written, there or with papermill's -p


class Settings:
    """The values of a run by their parameters' names in lower case, such as ``settings.train_size``.

    ``settings.train_size`` is None where all lines are wanted; ``settings.hparams`` holds all hyperparameters of
    pre-training, by the names that :func:`helpers.pretraining.pretrain` takes; ``settings.table()`` shows each value
    and where it comes from.
    """

    def __init__(self, values: Mapping[str, Any], origins: Mapping[str, str]) -> None:
        self._values, self._origins = dict(values), dict(origins)
        for name, value in self._values.items():
            if name != "HPARAMS":
                setattr(self, name.lower(), None if value == parameters.ALL and name == "TRAIN_SIZE" else value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(
            f"there is no setting {name}; {did_you_mean(name, vars(self)) or 'settings.table() lists all'}"
        )

    @property
    def hparams(self) -> Dict[str, Any]:
        """The hyperparameters of pre-training by name: the fields that are some, and HPARAMS."""
        named = {name.lower(): self._values[name] for name in parameters.HYPERPARAMETERS if name in self._values}
        return dict(named, **self._values.get("HPARAMS", {}))

    @property
    def reading(self) -> Dict[str, Any]:
        """How text of one's own is read, by the names that ``corpus.prepare`` takes: those that were given."""
        return {word: self._values[name] for name, word in parameters.READING.items() if name in self._values}

    def table(self) -> Table:
        """Every value that will be used, and where it comes from."""
        rows = []
        for name in parameters.TABLE:
            if name == "HPARAMS":
                rows += [
                    [f"HPARAMS: {key}", _shown(value), self._origins.get(key, self._origins.get(name, ""))]
                    for key, value in self._values.get(name, {}).items()
                ]
            elif name in self._values:
                rows.append([name, _shown(self._values[name]), self._origins.get(name, "")])
        return Table(["parameter", "value", "from"], rows)

    def __repr__(self) -> str:
        return str(self.table())


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def names() -> List[str]:
    """The presets there are, in alphabetical order."""
    return sorted(os.path.splitext(name)[0] for name in os.listdir(FOLDER) if name.endswith(".json"))


def read(name: str) -> Dict[str, Any]:
    """The parameters of a preset, by its name or the path of a JSON file.

    Raises TutorialError when there is none of that name, or when it sets what a preset cannot.
    """
    path = os.path.join(FOLDER, f"{name}.json")
    if name.endswith(".json"):
        path = parameters.home(name)
        if not os.path.isfile(path):
            raise TutorialError(f"there is no preset {path}: name a JSON file, or one of {', '.join(names())}")
    elif name not in names():
        raise TutorialError(f"PRESET {name!r} is not one of: {', '.join(names())}, nor the path of a JSON file")
    found = files.read_json(path)
    if not isinstance(found, dict):
        raise TutorialError(f"{path} must hold a JSON object of notebook parameters")
    parameters.refuse_unknown(found, parameters.OF_PRESETS, f"a preset such as {os.path.basename(path)}")
    return _in_their_fields(parameters.check(found), path)


def load(name: str, given: Optional[Mapping[str, Any]] = None, base: str = ARTICLE) -> Settings:
    """The settings of a run.

    Parameters
    ----------
    name : str
        The preset: a name, the path of a JSON file, or "" for ``base``.
    given : mapping of str to object
        The notebook's form by its names (``globals()`` will do).  A field that is empty follows the preset; any other
        wins.  HPARAMS are taken name by name: a preset's others stay as they are.
    base : str
        The preset that fills in what ``name`` leaves open.

    Returns
    -------
    Settings

    Raises
    ------
    TutorialError
        When a value is of another kind than its parameter, a name is mistyped, or there is no such preset.
    """
    parameters.refuse_mistyped(given or {})
    written = _in_their_fields(parameters.check(given or {}), "the form")
    values, origins = {}, {}
    for each in dict.fromkeys([ARTICLE, base, name or base]):
        found = read(each)
        values.update(found)
        origins.update(dict.fromkeys(found, "the article" if each == ARTICLE else f"preset {os.path.basename(each)}"))
    further = written.pop("HPARAMS", {})
    values.update(written, HPARAMS=dict(values["HPARAMS"], **further))
    origins.update(dict.fromkeys(list(written) + list(further), FORM))
    return Settings(values, origins)


def _in_their_fields(values: Dict[str, Any], where: str) -> Dict[str, Any]:
    """``values`` with those of HPARAMS that have a field of their own moved to that field."""
    moved = dict(values, HPARAMS=dict(values["HPARAMS"])) if "HPARAMS" in values else values
    for field in parameters.HYPERPARAMETERS:
        if field.lower() in moved.get("HPARAMS", {}):
            value = parameters.convert(field, moved["HPARAMS"].pop(field.lower()), parameters.TABLE[field].kind)
            if moved.setdefault(field, value) != value:
                raise TutorialError(
                    f"{where} sets {field} to {moved[field]!r} and to {value!r} in HPARAMS: give one of them"
                )
    return moved
