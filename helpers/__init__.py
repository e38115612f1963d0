"""What the notebooks call, one folder a step: docs/architecture.md shows the whole.

Everything here imports on Python 3.7 to 3.13 with the standard library, NumPy, tqdm, matplotlib and ipywidgets at
hand.  What runs TensorFlow is a process of its own, ``python -m helpers.STEP`` (see ``helpers/environment/child.py``).
"""

import sys


def _say_what_is_missing(kind, error, trace):
    """A command that was started on a Python without our packages ends with one sentence."""
    name = (getattr(error, "name", None) or "").split(".")[0]
    if not issubclass(kind, ModuleNotFoundError) or name in ("", "helpers", "benchmarks", "tools"):
        return sys.__excepthook__(kind, error, trace)
    print(
        f"error: this Python, {sys.executable}, has no {name}: run the command on the project's own Python, "
        "$(python3 -m helpers.environment --print-python)",
        file=sys.stderr,
    )


if sys.argv[:1] == ["-m"]:  # python -m helpers.…, on whichever Python was at hand
    sys.excepthook = _say_what_is_missing
