"""What the notebooks call, one folder a step: docs/architecture.md shows the whole.

Everything here imports on Python 3.7 to 3.13 with the standard library, NumPy, tqdm, matplotlib and ipywidgets at
hand.  What runs TensorFlow is a process of its own, ``python -m helpers.STEP`` (see ``helpers/environment/child.py``).
"""

import codecs
import sys


def _say_why_it_ends(kind, error, trace):
    """A command that was started on a Python without our packages, or stopped before it began, ends with a sentence."""
    if issubclass(kind, KeyboardInterrupt):
        print("stopped by the user", file=sys.stderr)
        return None
    name = (getattr(error, "name", None) or "").split(".")[0]
    if not issubclass(kind, ModuleNotFoundError) or name in ("", "helpers", "benchmarks", "tools"):
        return sys.__excepthook__(kind, error, trace)
    print(
        f"error: this Python, {sys.executable}, has no {name}: run the command on the project's own Python, "
        "$(python3 -m helpers.environment --print-python)",
        file=sys.stderr,
    )


def _print_what_can_be_printed():
    """A terminal of another encoding than UTF-8 gets a question mark for what it cannot show, and no traceback."""
    if hasattr(sys.stdout, "reconfigure") and codecs.lookup(sys.stdout.encoding).name != "utf-8":
        sys.stdout.reconfigure(errors="replace")


if sys.argv[:1] == ["-m"]:  # python -m helpers.…, on whichever Python was at hand
    sys.excepthook = _say_why_it_ends
    _print_what_can_be_printed()
