"""The interpreter that TensorFlow runs on: found or made on the first call, remembered for the process.

    from helpers import environment
    environment.setup(TENSORFLOW)          # "auto", "1.15", "kernel" or "2"
    print(environment.device_report())     # what training will really run on

    python3 -m helpers.environment [--tensorflow auto|1.15|2] [--print-python]

``auto`` takes TensorFlow 1.15, the article's own, unless the notebook's Python brings a TensorFlow 2.x along, as
Colab's does, or no Python 3.7 can be had; each time it says so.  Where it looks, in this order:

1. ``$ELECTRA_TF_PYTHON``, an interpreter with TensorFlow 1.15 or 2.x;
2. with ``auto``: the running interpreter, when it has a TensorFlow 2.x of its own;
3. the running interpreter, when it satisfies requirements.txt;
4. the project's ``.venv``, made (``helpers/environment/venvs.py``) from a Python 3.7 that runs here, from one that uv
   fetches, or by conda;
5. ``.venv`` with TensorFlow 2.x on a current Python.

make, and the command line above, pass the second over: the environment that they make runs the notebook as well.

Standard library only, and TensorFlow is never imported here.
"""

import os
import platform
import sys
from typing import Mapping, NamedTuple, Optional

from helpers.base.errors import TutorialError
from helpers.base.history import capital
from helpers.environment import gpu, interpreters, packages, venvs

CHOICES = ("auto", "1.15", "kernel", "2")
VARIABLE = "ELECTRA_TF_PYTHON"
TENSORFLOW_PACKAGES = ("tensorflow", "nvidia-tensorflow", "tensorflow-gpu", "tensorflow-cpu", "tensorflow-macos")
WAYS_TO_A_GPU = (
    "`make tutorial TENSORFLOW=2` (TensorFlow 2.x with CUDA libraries of its own), an interpreter with TensorFlow 2.x "
    f"in {VARIABLE}, or NVIDIA's container with TensorFlow 1.15"
)


class Environment(NamedTuple):
    """``python``: path of the interpreter; ``tensorflow``: its version; ``device``: what training runs on, in a few
    words; ``reason``: one sentence on why this interpreter and this device."""

    python: str
    tensorflow: str
    device: str
    reason: str


_chosen: Optional[Environment] = None


def setup(tensorflow: str = "auto", notebook: bool = True) -> Environment:
    """Find or make the interpreter for TensorFlow and remember it for this process.

    Parameters
    ----------
    tensorflow : {"auto", "1.15", "kernel", "2"}
        See the module's docstring; "kernel" is the running interpreter's own TensorFlow, "2" an
        environment of its own with TensorFlow 2.x.
    notebook : bool
        Whether the running interpreter is where the notebook runs, so that its own TensorFlow will do.

    Returns
    -------
    Environment

    Raises TutorialError, in one sentence, where no TensorFlow can be had or used.
    """
    global _chosen
    _chosen, loud = _choose(str(tensorflow), notebook)
    if loud:
        print(f"\n*** WARNING: {_chosen.reason} ***\n", file=sys.stderr, flush=True)
    return _chosen


def tf1_python() -> str:
    """Path of the interpreter that child processes run on; ``setup("auto")`` on the first call."""
    return (_chosen or setup()).python


def device_report() -> str:
    """What runs where, in three lines for a reader."""
    chosen = _chosen or setup()
    return "\n".join(
        [
            f"Notebook    Python {platform.python_version()}",
            f"TensorFlow  {chosen.tensorflow} ({_shown(chosen.python)})",
            f"Device      {chosen.device}. {capital(chosen.reason)}.",
        ]
    )


def home(tensorflow: str = "auto", strict: bool = False) -> str:
    """The interpreter that has all that requirements.txt (or requirements-tf2.txt) asks for, made if need be.

    It runs notebooks and tests; TensorFlow itself may run elsewhere (:func:`setup`).  ``strict`` wants all
    that the requirements list, not only their first paragraph, and an environment of this project to be
    current with its lock file.
    """
    _check(tensorflow)
    houses = {"1.15": [venvs.TENSORFLOW_1], "2": [venvs.TENSORFLOW_2]}.get(tensorflow, _all_houses())
    if any(_lives_in(house, strict) for house in houses):
        return sys.executable
    named = os.environ.get(VARIABLE)
    for house in houses if named else ():
        facts = packages.probe(named, venvs.names_of(house))
        if facts and not packages.lacking(venvs.requirements_of(house), facts["versions"], core=not strict):
            return named
    if tensorflow == "2":
        return _ensure(venvs.TENSORFLOW_2, strict)
    if tensorflow == "auto" and venvs.made(_substitute()):
        return venvs.python_of(_substitute())
    try:
        return _ensure(venvs.TENSORFLOW_1, strict)
    except venvs.NoInterpreter as error:
        if tensorflow == "1.15":
            raise
        print(f"{error}\nTaking TensorFlow 2.x on a current Python instead.", file=sys.stderr, flush=True)
    return _ensure(_substitute(), strict)


def _check(tensorflow):
    if os.name == "nt":
        raise TutorialError("Windows itself is not supported: run this in WSL 2 (Linux inside Windows) or on Colab.")
    if tensorflow not in CHOICES:
        raise TutorialError(f"TENSORFLOW is {tensorflow!r}; it must be one of {', '.join(CHOICES)}.")


def _substitute():
    """What ``.venv`` holds where TensorFlow 1.15 cannot exist."""
    return venvs.TENSORFLOW_2._replace(folder=venvs.TENSORFLOW_1.folder)


def _all_houses():
    return [venvs.TENSORFLOW_1, _substitute(), venvs.TENSORFLOW_2]


def _lives_in(house, strict=False):
    """Whether the running interpreter is this house, or one as good."""
    inside = os.path.realpath(sys.prefix) == os.path.realpath(venvs.folder_of(house))
    if inside and venvs.made(house):
        return True
    if (inside and strict) or house.tensorflow != "1.15":
        return False
    versions = packages.installed_versions(venvs.names_of(house))
    return not packages.lacking(venvs.requirements_of(house), versions, core=not strict)


def _ensure(house, strict):
    """The interpreter of a house, which is made unless it is there and current."""
    if house.tensorflow == "1.15":
        obstacle = interpreters.tensorflow1_impossible()
        if obstacle:
            raise venvs.NoInterpreter(f"{obstacle}.")
    marker, cuda = venvs.made(house), _wants_cuda(house)
    current = marker and (marker.get("cuda") or not cuda)
    if not current and (cuda or not venvs.foreign(house, core=not strict)):
        venvs.make(house, cuda)
    return venvs.python_of(house)


def _wants_cuda(house):
    """Whether TensorFlow 1.15 could use the GPU here if conda brought CUDA 10.0 and cuDNN 7 along."""
    if house.tensorflow != "1.15" or not sys.platform.startswith("linux") or not interpreters.conda():
        return False
    gpus, _ = gpu.usable()
    return bool(gpus) and not gpu.unfit_for_tensorflow1(gpus) and bool(gpu.missing_library())


def _choose(tensorflow, notebook):
    """The Environment, and whether its reason must not be overlooked."""
    _check(tensorflow)
    here = packages.installed_versions(TENSORFLOW_PACKAGES)
    kernel = tensorflow_version(here)
    if tensorflow == "kernel":
        if kernel is None:
            version = platform.python_version()
            raise TutorialError(
                f'TENSORFLOW is "kernel", but this kernel (Python {version}) has no TensorFlow: use "auto".'
            )
        return _describe(sys.executable, here, "the kernel's own TensorFlow was asked for")
    named = os.environ.get(VARIABLE)
    if named:
        return _describe(named, _versions_of_named(named, tensorflow), f"{VARIABLE} names this interpreter")
    own = kernel is not None and not kernel.startswith("1.") and not any(map(_lives_in, _all_houses()))
    if tensorflow == "auto" and own and notebook:
        return _describe(sys.executable, here, f"this Python has its own TensorFlow {kernel}, so nothing is installed")
    python = home(tensorflow)
    return _describe(python, here if python == sys.executable else _versions(python))


def _missing_cuda(python=sys.executable):
    library = gpu.missing_library(python)
    return f"{library}, a part of CUDA 10.0 and cuDNN 7, cannot be loaded" if library else ""


def tensorflow_version(versions: Mapping[str, Optional[str]]) -> Optional[str]:
    return next(filter(None, (versions.get(name) for name in TENSORFLOW_PACKAGES)), None)


def _versions(python):
    facts = packages.probe(python, TENSORFLOW_PACKAGES)
    return facts["versions"] if facts else {}


def _versions_of_named(python, tensorflow):
    facts = packages.probe(python, TENSORFLOW_PACKAGES)
    if facts is None:
        raise TutorialError(f"{VARIABLE} is {python}, which does not run as a Python: set it right or unset it.")
    version = tensorflow_version(facts["versions"])
    if version is None:
        raise TutorialError(f"{VARIABLE} is {python}, which has no TensorFlow: install it there, or unset it.")
    if tensorflow != "auto" and not version.startswith(f"{tensorflow}."):
        raise TutorialError(
            f"TENSORFLOW is {tensorflow}, but {VARIABLE} names an interpreter with TensorFlow {version}: "
            "change one of the two."
        )
    return facts["versions"]


def _describe(python, versions, why=""):
    """The Environment for an interpreter, and whether a GPU stays unused."""
    version = tensorflow_version(versions) or "?"
    device, sentence, loud = _device(python, version, bool(versions.get("nvidia-tensorflow")))
    return Environment(python, version, device, sentence + (f"; {why}" if why else "")), loud


def _device(python, version, nvidia):
    """What training runs on: in a few words, in a sentence, and whether it is a warning."""
    cpu = f"CPU, {gpu.cores()} cores"
    gpus, sentence = gpu.usable()
    if not gpus:
        return cpu, sentence, sentence.startswith(gpu.BROKEN)
    remedy, obstacle = WAYS_TO_A_GPU, ""
    if version.startswith("1.") and not nvidia:
        obstacle = gpu.unfit_for_tensorflow1(gpus)
        if not obstacle:
            obstacle = _missing_cuda(python)
            remedy = f"CUDA 10.0 with cuDNN 7, micromamba on PATH (`make env` then brings them), {WAYS_TO_A_GPU}"
        elif gpu.old_driver(gpus):
            remedy = "a newer driver"
    elif not gpu.seen_by_tensorflow(python):
        obstacle = f"TensorFlow {version} does not see it, perhaps because its driver {gpus[0].driver} is too old"
        remedy = f"a newer driver, `pip install 'tensorflow[and-cuda]'`, {WAYS_TO_A_GPU}"
        if not version.startswith("1.") and not gpu.unfit_for_tensorflow1(gpus) and not gpu.missing_library():
            remedy = f'TENSORFLOW="1.15", which can use it, {remedy}'
    if obstacle:
        sentence = f"the GPU {gpu.describe(gpus)} is there but NOT used, training runs on the CPU: {obstacle}"
        return f"{cpu} (GPU unused)", f"{sentence}; what helps: {remedy}", True
    return gpus[0].name, f"training runs on the GPU {gpu.describe(gpus)}", False


def _shown(path):
    """A path for a reader: relative to the project, or to the home folder."""
    for root, name in ((venvs.PROJECT, ""), (os.path.expanduser("~"), "~")):
        if os.path.abspath(path).startswith(root + os.sep):
            return os.path.join(name, os.path.relpath(os.path.abspath(path), root))
    return os.path.basename(path) if path == sys.executable else path
