"""A model that somebody else has put on the Hub, made readable for ``helpers/pretrained.py``.

Old models are there as pytorch_model.bin, a pickle, which can run code when it is read.  Here a pickle may ask for
what tensors are made of, and for nothing else.
"""

import os
import pickle
import types
import unicodedata

from . import files, pretrained
from .errors import TutorialError

NAMES = ("model.safetensors", "pytorch_model.bin")  # the first that is there is taken
ALLOWED = {("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor")}
STORAGES = "FloatStorage HalfStorage DoubleStorage LongStorage IntStorage ByteStorage BoolStorage".split()
ALLOWED |= {("torch", name) for name in STORAGES}
SPECIAL = dict(unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]", cls_token="[CLS]", mask_token="[MASK]")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in ALLOWED:
            raise TutorialError("it asks for %s.%s, which tensors do not need; it is not read" % (module, name))
        return super().find_class(module, name)


def _load(file, **options):
    return _Unpickler(file, **options).load()


def tensors(path):
    """The tensors of a pytorch_model.bin by name; whatever else it may hold, nothing of it is run."""
    torch, _ = pretrained.libraries()
    careful = types.SimpleNamespace(Unpickler=_Unpickler, load=_load, __name__="careful")
    options = {"weights_only": False} if int(torch.__version__.split(".")[0]) > 1 else {}
    try:
        found = torch.load(path, map_location="cpu", pickle_module=careful, **options)
    except TutorialError as error:
        raise TutorialError("%s cannot be read: %s" % (os.path.basename(path), error))
    except Exception as error:
        raise TutorialError("%s cannot be read: %s" % (os.path.basename(path), " ".join(str(error).split())[:200]))
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise TutorialError("%s holds more than tensors by name" % os.path.basename(path))
    return found


def tidy(folder, weights, repo_id):
    """Make what was fetched into ``folder`` loadable: weights as model.safetensors, config.json, tokenizer files."""
    from safetensors.torch import load_file, save_file

    path = os.path.join(folder, weights)
    found = load_file(path) if weights.endswith(".safetensors") else tensors(path)
    found = {_name(name): value for name, value in found.items() if not name.endswith("position_ids")}
    if "discriminator_predictions.dense.weight" not in found:
        raise TutorialError("%s holds no discriminator of ELECTRA" % repo_id)
    config = pretrained.read_config(folder)
    if config.get("model_type", "electra") != "electra":
        raise TutorialError("%s is a model of the kind %s, not electra" % (repo_id, config["model_type"]))
    config.update(architectures=["ElectraForPreTraining"], model_type="electra")
    files.write_json(os.path.join(folder, "config.json"), config)
    os.remove(path)
    whole = {name: value.contiguous().clone() for name, value in found.items()}
    save_file(whole, os.path.join(folder, NAMES[0]), metadata={"format": "pt"})
    _tokenizer(folder, config)


def _name(name):
    """A parameter's name as it is today: the oldest files say gamma and beta."""
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _tokenizer(folder, config):
    """Say what the Hub leaves open: one with capitals was not lower-cased, one with accents not stripped."""
    path = os.path.join(folder, "tokenizer_config.json")
    stated = files.read_json(path, {})
    with open(os.path.join(folder, "vocab.txt"), encoding="utf-8") as file:
        words = [line.rstrip("\n") for line in file]
    words = [word for word in words if word not in SPECIAL.values() and not word.startswith("[unused")]
    if not isinstance(stated.get("do_lower_case"), bool):
        stated["do_lower_case"] = not any(character.isupper() for word in words for character in word)
    if not isinstance(stated.get("strip_accents"), bool):
        stated["strip_accents"] = not any(_has_accent(word) for word in words)
    length = stated.get("model_max_length") or stated.get("max_len") or config["max_position_embeddings"]
    length = min(int(length), config["max_position_embeddings"])
    stated.update(tokenizer_class="ElectraTokenizer", model_max_length=length, max_len=length)
    files.write_json(path, stated)
    files.write_json(os.path.join(folder, "special_tokens_map.json"), SPECIAL)


def _has_accent(word):
    return any(unicodedata.category(character) == "Mn" for character in unicodedata.normalize("NFD", word))
