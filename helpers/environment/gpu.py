"""The NVIDIA GPUs of this machine, and which TensorFlow can use them; and, where none is, the processor's cores.

Standard library only.  TensorFlow's 1.15 wheel holds GPU code, but loads CUDA 10.0 and cuDNN 7 when it
starts and falls back to the CPU in silence when it cannot.  So this module asks beforehand: each answer is
one sentence that says what training will run on and, where a GPU stays unused, why and what to do.
"""

import os
import shutil
import subprocess
import sys
from typing import List, NamedTuple, Optional, Sequence, Tuple

from helpers.environment.packages import release

CUDA_10_LIBRARIES = (
    "libcudart.so.10.0",
    "libcublas.so.10.0",
    "libcufft.so.10.0",
    "libcurand.so.10.0",
    "libcusolver.so.10.0",
    "libcusparse.so.10.0",
    "libcudnn.so.7",
)
CUDA_10_DRIVER = "410.48"  # the oldest Linux driver for CUDA 10.0
CAPABILITY_RANGE = (3.5, 7.5)  # what CUDA 10.0 can make code for
TENSOR_CORES = 7.0  # the first capability with units for 16-bit matrix products
BFLOAT16 = 8.0  # the first whose units take bfloat16, which has float32's range
CONDA_CUDA = ("cudatoolkit=10.0", "cudnn=7.6")
QUERY_SECONDS = 20
TENSORFLOW_SECONDS = 180


class Gpu(NamedTuple):
    """A graphics card: ``memory`` in bytes; ``capability``, such as 7.5, is None where nvidia-smi cannot tell it."""

    name: str
    capability: Optional[float]
    driver: str
    memory: Optional[int]


LOAD = """
import ctypes, sys
for name in sys.argv[1:]:
    try:
        ctypes.CDLL(name)
    except OSError:
        sys.exit(name)
"""
LIST = "import tensorflow as tf; print(len(tf.config.experimental.list_physical_devices('GPU')))"


NONE = "no NVIDIA GPU here"
HIDDEN = "CUDA_VISIBLE_DEVICES hides the GPU"
BROKEN = "nvidia-smi is there but fails"


class Broken(Exception):
    """nvidia-smi is there, but fails; its own words."""


def cores() -> int:
    """The processor's cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def find() -> List[Gpu]:
    """The GPUs that nvidia-smi lists, ``[]`` where there is none; raises :class:`Broken` when it fails."""
    command = shutil.which("nvidia-smi")
    if command is None:
        return []
    try:
        rows = _query(command, "name,driver_version,memory.total,compute_cap")
    except Broken:
        rows = _query(command, "name,driver_version,memory.total")  # drivers before 510 do not know compute_cap
    gpus = []
    for row in rows:
        name, driver, memory = row[:3]
        capability = float(row[3]) if len(row) > 3 and row[3].replace(".", "", 1).isdigit() else None
        megabytes = memory.split()[0]
        gpus.append(Gpu(name, capability, driver, int(megabytes) << 20 if megabytes.isdigit() else None))
    return gpus


def _query(command, fields):
    try:
        ran = subprocess.run(
            [command, f"--query-gpu={fields}", "--format=csv,noheader"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=QUERY_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Broken(str(error))
    text = ran.stdout.decode("utf-8", "replace").strip()
    rows = [[field.strip() for field in line.split(",")] for line in text.split("\n")]
    if "No devices were found" in text:
        return []
    if ran.returncode or any(len(row) != fields.count(",") + 1 for row in rows):
        raise Broken(text.split("\n")[0][:200] or f"it ended with code {ran.returncode}")
    return rows


def hidden() -> bool:
    """Whether the user has hidden all GPUs from CUDA programs."""
    return os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1", "NoDevFiles")


def usable() -> Tuple[List[Gpu], str]:
    """The GPUs that programs may use, and a sentence that says why where there is none ("" where there is one)."""
    try:
        gpus = find()
    except Broken as error:
        return [], f"{BROKEN} ({error}): training runs on the CPU until the driver is mended"
    if gpus and hidden():
        return [], f"{HIDDEN} {describe(gpus)}: training runs on the CPU"
    return gpus, "" if gpus else f"{NONE}: training runs on the CPU"


def describe(gpus: Sequence[Gpu]) -> str:
    """``Tesla T4 (compute capability 7.5, 15 GB)``, with a count when there are several."""
    first = gpus[0]
    facts = [] if first.capability is None else [f"compute capability {first.capability:.1f}"]
    facts += [] if first.memory is None else [f"{int(round(first.memory / 2**30))} GB"]
    count = f"{len(gpus)} × " if len(gpus) > 1 else ""
    return count + first.name + (f" ({', '.join(facts)})" if facts else "")


def unfit_for_tensorflow1(gpus: Sequence[Gpu]) -> str:
    """Why no set-up of TensorFlow 1.15's wheel can use these GPUs, or ``""``."""
    lowest, highest = CAPABILITY_RANGE
    first = gpus[0]
    if first.capability is not None and first.capability > highest:
        ends = f"CUDA 10.0, which TensorFlow 1.15 is built for, ends at {highest:.1f}"
        return f"its compute capability is {first.capability:.1f}, and {ends}"
    if first.capability is not None and first.capability < lowest:
        return f"its compute capability is {first.capability:.1f}, and TensorFlow 1.15 needs {lowest:.1f}"
    if old_driver(gpus):
        return f"its driver {first.driver} is older than {CUDA_10_DRIVER}, the oldest that CUDA 10.0 works with"
    return ""


def old_driver(gpus: Sequence[Gpu]) -> bool:
    """Whether the driver is too old for CUDA 10.0."""
    driver = gpus[0].driver
    return driver[:1].isdigit() and release(driver) < release(CUDA_10_DRIVER)


def fast_in_16_bits() -> bool:
    """Whether the GPU that programs may use has units for 16-bit matrix products (Volta, 2017, and later)."""
    return _all_have(TENSOR_CORES)


def fast_in_bfloat16() -> bool:
    """Whether those units take bfloat16 (Ampere, 2020, and later)."""
    return _all_have(BFLOAT16)


def _all_have(capability):
    gpus, _ = usable()
    capabilities = [each.capability for each in gpus]
    return bool(gpus) and None not in capabilities and min(capabilities) >= capability


def library_path(python: str) -> Optional[str]:
    """``LD_LIBRARY_PATH`` for children of an interpreter that has CUDA libraries of its own, else None."""
    folder = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(python))), "lib")
    if not os.path.exists(os.path.join(folder, CUDA_10_LIBRARIES[0])):
        return None
    return os.pathsep.join(filter(None, [folder, os.environ.get("LD_LIBRARY_PATH")]))


def missing_library(python: str = sys.executable) -> str:
    """The first of the CUDA 10.0 and cuDNN 7 libraries that cannot be loaded in ``python``, or ``""``."""
    path = library_path(python)
    environment = dict(os.environ, LD_LIBRARY_PATH=path) if path else None
    ran = subprocess.run(
        [python, "-c", LOAD, *CUDA_10_LIBRARIES],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    return "" if ran.returncode == 0 else ran.stderr.decode("utf-8", "replace").strip().split("\n")[-1]


def seen_by_tensorflow(python: str) -> bool:
    """Whether the TensorFlow of ``python`` sees a GPU: asked in a process of its own, so that this one's
    memory and the GPU's stay free."""
    try:
        ran = subprocess.run(
            [python, "-c", LIST],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=TENSORFLOW_SECONDS,
            env=dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3"),
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    words = ran.stdout.decode("utf-8", "replace").split()
    return ran.returncode == 0 and bool(words) and words[-1].isdigit() and int(words[-1]) > 0
