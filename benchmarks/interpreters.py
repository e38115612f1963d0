"""Which interpreter at hand has today's PyTorch and transformers."""

import os
import sys
from typing import Iterable, Optional, Tuple

from helpers.environment import packages

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PEER_NEEDS = {"torch": ">=2.4", "transformers": ">=5"}


def with_pytorch(named: Iterable[Optional[str]] = ()) -> Optional[Tuple[str, str]]:
    """``("PyTorch X.Y", interpreter)`` of the first that has what PEER_NEEDS says, or None.

    Looked at, without PYTHONPATH: those ``named``, the project's .venv-tf2, the one that runs this.
    """
    own = os.path.join(PROJECT, ".venv-tf2", "bin", "python")
    for python in filter(None, [*named, own if os.path.exists(own) else None, sys.executable]):
        versions = (packages.probe(python, tuple(PEER_NEEDS)) or {}).get("versions", {})
        if all(
            versions.get(name) and packages.satisfies(versions[name], wanted) for name, wanted in PEER_NEEDS.items()
        ):
            return f"PyTorch {'.'.join(versions['torch'].split('.')[:2])}", python
    return None
