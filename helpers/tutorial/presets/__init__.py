"""The settings of a notebook's run: what the form says, and from a preset what the form leaves open.

    settings = presets.load(PRESET, globals())
    corpus.prepare(settings.corpus, settings.data_dir, train_size=settings.train_size, seed=settings.seed)

A preset is a flat JSON object, ``notebooks/presets/NAME.json``, whose names are those of the notebook's form.  The
form's own is ``sample``; the article's numbers are ``article``, which also fills in what another preset leaves open.
"""

import json
import os
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from helpers.base import files, manifest
from helpers.base.errors import TutorialError, did_you_mean
from helpers.data import vocabulary
from helpers.data.dataset import manifest as examples_manifest
from helpers.plots.tables import Table
from helpers.tutorial.presets import parameters

FOLDER = os.path.join(files.PROJECT, "notebooks", "presets")
DEFAULT = "sample"  # what the form names: text that is built in, and a model that is good after minutes
ARTICLE = "article"
DRIVE = "/content/drive"  # where Colab puts Google Drive
ON_DRIVE = os.path.join(DRIVE, "MyDrive", "electra-spanish")  # DATA_DIR is a folder in it where DRIVE is ticked
WORDS = ("ABOUT", "TIME")  # what a preset says of itself beside its parameters
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


def about(name: str) -> Dict[str, str]:
    """What a preset says of itself, for a table of them: ``ABOUT``, what it is, and ``TIME``, how long it takes.

    Either may be missing; neither is a parameter.
    """
    return {key: value for key, value in _read_json(name)[0].items() if key in WORDS}


def read(name: str) -> Dict[str, Any]:
    """The parameters of a preset, by its name or the path of a JSON file.

    Raises TutorialError when there is none of that name, or when it sets what a preset cannot.
    """
    found, path = _read_json(name)
    found = {key: value for key, value in found.items() if key not in WORDS}
    parameters.refuse_unknown(found, parameters.OF_PRESETS, f"a preset such as {os.path.basename(path)}")
    return _in_their_fields(parameters.check(found), path)


def _read_json(name):
    """What a preset's file holds, and its path."""
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
    return found, path


def load(name: str = "", given: Optional[Mapping[str, Any]] = None) -> Settings:
    """The settings of a run.

    Parameters
    ----------
    name : str
        The preset: a name, the path of a JSON file, or "" for :data:`DEFAULT`.  What it leaves open is the article's.
    given : mapping of str to object
        The notebook's form by its names (``globals()`` will do).  A field that is empty follows the preset; any other
        wins.  HPARAMS are taken name by name: a preset's others stay as they are.  A caller without a form, such as a
        program, need not name DATA_DIR, MODEL_NAME or TENSORFLOW.

    Returns
    -------
    Settings

    Raises
    ------
    TutorialError
        When a value is of another kind than its parameter, a name is mistyped, there is no such preset, or DRIVE is
        ticked and Google Drive cannot be had.
    """
    found = [
        (read(each), "the article" if each == ARTICLE else f"preset {os.path.basename(each)}")
        for each in dict.fromkeys([ARTICLE, name or DEFAULT])
    ]
    return settle(found, given)


def settle(
    layers: Sequence[Tuple[Mapping[str, Any], Union[str, Mapping[str, str]]]],
    given: Optional[Mapping[str, Any]] = None,
) -> Settings:
    """The settings that several layers make: a later one wins over those before it, the form over all.

    Parameters
    ----------
    layers : sequence of (values, origin)
        ``values``: parameters by name; ``origin``: where they come from, in words, for all of them or by name
        (of a hyperparameter in HPARAMS, by the hyperparameter's).
    given : mapping of str to object
        The form, as :func:`load` takes it.

    Raises TutorialError as :func:`load` does.
    """
    parameters.refuse_mistyped(given or {})
    written = _in_their_fields(parameters.check(given or {}), "the form")
    values = {each: parameters.TABLE[each].default for each in ("DATA_DIR", "MODEL_NAME", "TENSORFLOW")}
    origins = dict.fromkeys(values, "the default")
    for found, origin in layers:
        values.update(found)
        origins.update(dict.fromkeys(found, origin) if isinstance(origin, str) else origin)
    further = written.pop("HPARAMS", {})
    values.update(written, HPARAMS=dict(values.get("HPARAMS", {}), **further))
    origins.update(dict.fromkeys(list(written) + list(further), FORM))
    if values.get("DRIVE"):
        origin = f"{origins['DATA_DIR']}, on Google Drive"
        values["DATA_DIR"], origins["DATA_DIR"] = _on_drive(values["DATA_DIR"]), origin
    return Settings(values, origins)


def _on_drive(data_dir: str) -> str:
    """The folder on Google Drive that stands for ``data_dir``, mounted; TutorialError where it cannot be had."""
    instead = "untick DRIVE, or name a folder in DATA_DIR"
    if os.path.isabs(data_dir):
        raise TutorialError(f"DRIVE is ticked and DATA_DIR is {data_dir}: give a relative DATA_DIR, or untick DRIVE")
    try:
        from google.colab import drive
    except ImportError:
        raise TutorialError(f"DRIVE is ticked, and Google Drive can be had on Colab alone: {instead}")
    try:
        drive.mount(DRIVE)
    except Exception as error:  # Colab raises many kinds: access refused, a dialogue closed, a time-out
        reason = " ".join(str(error).split()) or type(error).__name__
        raise TutorialError(
            f"Google Drive could not be mounted ({reason}): run this cell again and allow it, {instead}"
        )
    folder = os.path.normpath(os.path.join(ON_DRIVE, data_dir))
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise TutorialError(f"{folder} cannot be made on Google Drive ({error.strerror}): {instead}")
    return folder


def differences(settings: Settings, model_name: str, hparams: Optional[Mapping[str, Any]] = None) -> Dict[str, str]:
    """What lies in DATA_DIR and was made with other settings than these: step → how it differs, in words.

    The steps are "corpus", "vocabulary", "examples" and "model", the one of ``model_name``, which is held to
    ``hparams``, those of ``settings`` when none are given.  A step that is not there, or does not say how it was made,
    is left out.
    """
    folder, found = settings.data_dir, {}
    made = _parameters(manifest.read(os.path.join(folder, "corpus", manifest.FILE)))
    if made:
        source, wanted = made.get("url", made.get("source")), settings.corpus
        if (source == DEFAULT) == (wanted == DEFAULT):  # of other text its own step knows whether it is the same
            source = wanted
        found["corpus"] = dict(CORPUS=(source, wanted), TRAIN_SIZE=(made.get("train_size"), settings.train_size))
    made = _parameters(manifest.read(os.path.join(folder, vocabulary.MANIFEST)))
    if made:
        source = f"{made['source']}:{made['vocab_size']}" if "vocab_size" in made else made["source"]
        wanted = settings.vocab
        if wanted == vocabulary.TRAIN:
            wanted = f"{wanted}:{vocabulary.DEFAULT_SIZE}"
        elif wanted != vocabulary.MULTILINGUAL and not wanted.startswith(f"{vocabulary.TRAIN}:"):
            wanted = vocabulary.expanded(wanted)
        found["vocabulary"] = dict(VOCAB=(source, wanted))
    made = _parameters(examples_manifest.read(os.path.join(folder, "pretrain_tfrecords")))
    names = [name for name in ("MAX_SEQ_LENGTH", "ONE_SENTENCE_PER_EXAMPLE") if name.lower() in made]
    found["examples"] = {name: (made[name.lower()], getattr(settings, name.lower())) for name in names}
    made = files.read_json(os.path.join(folder, "models", model_name, "hparams.json"), {})
    hparams = settings.hparams if hparams is None else hparams
    found["model"] = {name: (made[name], value) for name, value in hparams.items() if name in made}
    said = {
        step: "; ".join(
            f"{name} is {_shown(there)}, not {_shown(wanted)}"
            for name, (there, wanted) in pairs.items()
            if there != wanted
        )
        for step, pairs in found.items()
    }
    return {step: words for step, words in said.items() if words}


def _parameters(made: Optional[Mapping[str, Any]]) -> Dict[str, Any]:
    return dict((made or {}).get("parameters", {}))


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
