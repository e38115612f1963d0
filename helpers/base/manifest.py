"""What a step was made from and what it made, and whether that still holds: the record that every step writes last.

    wanted = dict(train_size=1000, seed=0, format=1)
    made = manifest.current("data/corpus/manifest.json", wanted, inputs={"es.txt": "texts/es.txt"})
    if made is None:
        ...                                        # make the step's files
        manifest.write("data/corpus/manifest.json", wanted, inputs={...}, outputs={...}, words=12345)

A manifest is a JSON object: ``parameters`` (all that decides the outcome beside the inputs, the step's ``format``
number among them), ``inputs`` and ``outputs`` (a record for each file by name, see :func:`record`), and what else the
step tells.  A step is up to date when its parameters are those that are wanted and its inputs and outputs are still
what the records say.  Paths may be remote (``helpers/base/remote.py``); standard library only.
"""

import json
import os
from typing import Any, Dict, Mapping, Optional

from helpers.base import files, remote

FILE = "manifest.json"  # its usual name in a step's folder


def record(path: str, sha256: Optional[str] = None) -> Dict[str, Any]:
    """What a file is: ``bytes``, ``sha256`` (computed unless it is given) and ``fingerprint``, its size and time."""
    return dict(
        bytes=remote.file_size(path), sha256=sha256 or remote.sha256(path), fingerprint=remote.fingerprint(path)
    )


def unchanged(path: str, known: Mapping[str, Any]) -> bool:
    """Whether a file is what its ``known`` record says.

    A copied or synchronized file has a new time and the same content, so its sha256 decides where the fingerprint
    differs; a record without a sha256, of a large output, is held to its size alone.  False where there is no such
    file.
    """
    try:
        if known.get("fingerprint") == remote.fingerprint(path):
            return True
        if known.get("bytes") != remote.file_size(path):
            return False
        return "sha256" not in known or known["sha256"] == remote.sha256(path)
    except OSError:
        return False


def read(path: str) -> Optional[Dict[str, Any]]:
    """The manifest in a file; None where there is none, or none that can be read."""
    try:
        with remote.open_file(path) as file:
            found = json.loads(file.read().decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def current(
    path: str, parameters: Mapping[str, Any], inputs: Optional[Mapping[str, str]] = None
) -> Optional[Dict[str, Any]]:
    """The manifest in ``path`` while it holds, else None: the step has to be made.

    It holds when it has these ``parameters``, was made from just these ``inputs`` (paths by name), and all files that
    it records, the outputs beside ``path`` among them, are unchanged.
    """
    found = read(path)
    if found is None or found.get("parameters") != json.loads(json.dumps(parameters)):
        return None
    paths, folder = dict(inputs or {}), os.path.dirname(path)
    recorded, outputs = found.get("inputs", {}), found.get("outputs", {})
    try:
        if set(recorded) != set(paths):
            return None
        whole = all(unchanged(os.path.join(folder, name), known) for name, known in outputs.items())
        return found if whole and all(unchanged(paths[name], known) for name, known in recorded.items()) else None
    except (AttributeError, TypeError):  # damaged: records that are none
        return None


def write(
    path: str,
    parameters: Mapping[str, Any],
    inputs: Mapping[str, Any] = (),
    outputs: Mapping[str, Any] = (),
    **more: Any,
) -> Dict[str, Any]:
    """Write and return the manifest: ``inputs`` and ``outputs`` are records by name, ``more`` is what else to tell."""
    made = dict(more, parameters=dict(parameters), inputs=dict(inputs), outputs=dict(outputs))
    if remote.is_remote(path):
        with remote.open_file(path, "wb") as file:
            file.write((json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))
    else:
        files.write_json(path, made)
    return made
