"""The tensors of a pytorch_model.bin from a stranger, read without running what such a file may hold."""

import os
import pickle
import types
from typing import Any, Dict

from helpers.base.errors import TutorialError
from helpers.discriminator import loading

ALLOWED = {("collections", "OrderedDict"), ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor")}
STORAGES = "FloatStorage HalfStorage DoubleStorage LongStorage IntStorage ByteStorage BoolStorage".split()
ALLOWED |= {("torch", name) for name in STORAGES}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in ALLOWED:
            raise TutorialError(f"it asks for {module}.{name}, which tensors do not need; it is not read")
        return super().find_class(module, name)


def _load(file, **options):
    return _Unpickler(file, **options).load()


def tensors(path: str) -> Dict[str, Any]:
    """The tensors of a pytorch_model.bin by name; whatever else it may hold, nothing of it is run."""
    torch, _ = loading.libraries()
    careful = types.SimpleNamespace(Unpickler=_Unpickler, load=_load, __name__="careful")
    options = {"weights_only": False} if int(torch.__version__.split(".")[0]) > 1 else {}
    try:
        found = torch.load(path, map_location="cpu", pickle_module=careful, **options)
    except TutorialError as error:
        raise TutorialError(f"{os.path.basename(path)} cannot be read: {error}")
    except Exception as error:
        raise TutorialError(f"{os.path.basename(path)} cannot be read: {' '.join(str(error).split())[:200]}")
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise TutorialError(f"{os.path.basename(path)} holds more than tensors by name")
    return found
