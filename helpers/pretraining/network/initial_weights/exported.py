"""Exported folders as a run's first weights: PyTorch's parameters under the names of TensorFlow's variables.

What the conversion writes is read, and what ``helpers.conversion.hub`` fetches: model.safetensors, config.json and
vocab.txt, of the discriminator, of the generator or of both.  PyTorch is not needed.
"""

import os
import re
from typing import Any, Collection, Dict, List

import numpy as np

from helpers.base.errors import TutorialError
from helpers.base.files import read_settings
from helpers.pretraining.network.initial_weights.names import COMPONENTS, Scopes, pairs
from helpers.pretraining.shapes import discriminator_config, generator_config

WEIGHTS, CONFIG = "model.safetensors", "config.json"
HEADS = {"discriminator": "discriminator_predictions.dense.weight", "generator": "generator_predictions.dense.weight"}
USUAL = dict(num_attention_heads=4, hidden_act="gelu")  # what transformers takes where config.json does not say
OWN = ("encoder", "embeddings")  # what a generator may have of its own
TIED = "generator_lm_head.weight"  # the table of token embeddings once more
BUFFER = "position_ids"  # a constant that some versions of transformers save among the parameters


def is_exported(folder: str) -> bool:
    """Whether ``folder`` holds a model for PyTorch as it is read here."""
    return all(os.path.isfile(os.path.join(folder, name)) for name in (WEIGHTS, CONFIG))


def find(path: str) -> List[str]:
    """The exported folders that ``path`` names: itself, or discriminator/ and generator/ in it; else none."""
    if is_exported(path):
        return [path]
    return [folder for folder in (os.path.join(path, name) for name in COMPONENTS) if is_exported(folder)]


class Exported:
    """The weights in exported ``folders``, by the names of TensorFlow's variables.

    ``names`` are those of the graph that wants them: where its generator has neither encoder nor embeddings of its
    own, the shared ones are filled from the discriminator or, where there is none, from the generator.
    ``shapes`` maps each variable's name to its shape (a tuple); ``components`` each component to its folder;
    ``remarks`` are sentences about what is not taken.  Raises TutorialError where a folder holds no half of ELECTRA.
    """

    def __init__(self, folders: List[str], names: Collection[str]) -> None:
        self.prefix = folders[0] if len(folders) == 1 else os.path.dirname(folders[0])
        self.components: Dict[str, str] = {}
        self.remarks: List[str] = []
        self._files: Dict[str, Any] = {}
        self._sources: Dict[str, Any] = {}  # for each variable its component and its pair of names
        self.shapes: Dict[str, Any] = {}
        self._own = {part: any(name.startswith(f"generator/{part}/") for name in names) for part in OWN}
        for folder in folders:
            file = _opened(folder)
            there = set(file.keys())
            component = next((name for name, parameter in HEADS.items() if parameter in there), None)
            if component is None:
                raise TutorialError(
                    f"init_checkpoint {folder} holds neither a discriminator nor a generator of ELECTRA (its first "
                    f"parameter is {min(there, default='none')}): give a model that was pre-trained as ELECTRA"
                )
            self.components[component], self._files[component] = folder, file
        for component in COMPONENTS[::-1]:  # of the embeddings that both have, the discriminator's count
            if component in self.components:
                self._add(component, names)

    def _add(self, component, names):
        file = self._files[component]
        there = {name for name in file.keys() if not name.endswith(BUFFER)}
        of = {part: "generator" if component == "generator" and self._own[part] else "electra" for part in OWN}
        scopes = Scopes(of["encoder"], f"{of['embeddings']}/embeddings", f"{component}_predictions")
        layers = [re.match(r"electra\.encoder\.layer\.(\d+)\.", name) for name in there]
        count = 1 + max((int(match.group(1)) for match in layers if match), default=-1)
        found = pairs(component, scopes, count, projected="electra.embeddings_project.weight" in there)
        table = f"{scopes.embeddings}/word_embeddings"
        earlier = self._sources.get(table)
        for pair in found:
            if pair.pytorch not in there or pair.pytorch == TIED:
                continue
            self._sources[pair.tensorflow] = component, pair
            shape = tuple(file.get_slice(pair.pytorch).get_shape())
            self.shapes[pair.tensorflow] = shape[::-1] if pair.transposed else shape
        if earlier and not np.array_equal(self._of(earlier), self.value(table)):
            self.remarks.append(
                "its generator has embeddings of its own, and this run's shares the discriminator's, which are taken: "
                "untied_generator_embeddings true would take both"
            )
        left = sorted(there - {pair.pytorch for pair in found})
        if left:
            self.remarks.append(
                f"{len(left)} parameters of its {component} are no part of ELECTRA: {', '.join(left[:5])}"
            )

    def check(self, hparams: Any) -> None:
        """TutorialError where config.json says another number of heads or activation: no shape would show it."""
        for component, folder in self.components.items():
            stated = dict(USUAL, **read_settings(os.path.join(folder, CONFIG)))
            own = component == "generator" and self._own["encoder"]
            of_run = generator_config if own else discriminator_config
            for name in USUAL:
                value = getattr(of_run(hparams), name)
                if stated[name] != value:
                    remedy = f'give model_hparam_overrides {{"{name}": {stated[name]!r}}}'.replace("'", '"')
                    if own:
                        remedy = f"start from the discriminator alone ({self.components.get('discriminator')})"
                    raise TutorialError(
                        f"init_checkpoint {folder} has {name} {stated[name]!r}, and the {component} of this run "
                        f"{value!r}: {remedy}"
                    )

    def value(self, name: str) -> np.ndarray:
        """One variable's value, a float32 array; raises TutorialError where it is damaged or not finite."""
        return self._of(self._sources[name])

    def _of(self, source):
        component, pair = source
        folder = self.components[component]
        try:
            value = np.asarray(self._files[component].get_tensor(pair.pytorch), np.float32)
        except Exception as error:
            raise _damaged(folder, f"{pair.pytorch}: {error}")
        if not np.isfinite(value).all():
            raise TutorialError(f"init_checkpoint {folder}: {pair.pytorch} holds numbers that are not finite")
        return np.ascontiguousarray(value.T) if pair.transposed else value


def _opened(folder):
    try:
        from safetensors import safe_open
    except ImportError:
        raise TutorialError(
            "init_checkpoint names a model for PyTorch, which is read with safetensors, and this Python has none: pip "
            "install safetensors, or run in the project's own environment (make env)"
        )
    try:
        return safe_open(os.path.join(folder, WEIGHTS), framework="numpy")
    except Exception as error:
        raise _damaged(folder, error)


def _damaged(folder, error):
    reason = " ".join(str(error).split())[:200]
    return TutorialError(f"init_checkpoint {folder}: {WEIGHTS} cannot be read ({reason}): export or fetch it again")
