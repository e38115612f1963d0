"""The one exception that a user is meant to read, and what a broken machine says, in such a sentence."""

import difflib
import errno
import os
import re
import shlex
import sys
from typing import Iterable, Optional

# Errors of the machine and its disks; any other OSError is a mistake in the program and keeps its traceback.
NAMES = "EACCES EDQUOT EEXIST EFBIG EIO EISDIR EMFILE ENAMETOOLONG ENFILE ENOSPC ENOTDIR ENXIO EPERM EROFS ESTALE"
MACHINE = {getattr(errno, name) for name in NAMES.split() if hasattr(errno, name)}
REMEDIES = {
    errno.ENOSPC: "make room on that disk",
    errno.EACCES: "choose a folder that you may write to",
    errno.EPERM: "choose a folder that you may write to",
    errno.EROFS: "choose a folder that you may write to",
    errno.EEXIST: "move that away, or name another folder,",
    errno.EISDIR: "name a file, not a folder,",
    errno.ENOTDIR: "name another folder",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
}


class TutorialError(Exception):
    """A user's mistake or a broken machine, in one sentence: what, where, and what to do."""

    def _render_traceback_(self):
        # IPython's protocol: a notebook shows these lines in place of a traceback.
        return [f"\x1b[1m{self}\x1b[0m"]


def explain(error: BaseException) -> Optional[str]:
    """The sentence for an exception that the machine is to blame for, or None when it is none of these."""
    if isinstance(error, MemoryError):
        return (
            "the memory of this machine does not suffice: close other programs, or make the batch or the model smaller"
        )
    if isinstance(error, OSError) and error.errno in MACHINE:
        return what_failed(error)
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        text = str(error.object)
        return (
            f"{text if len(text) < 100 else text[error.start : error.end]!r} has bytes that are no UTF-8: type it anew"
        )
    if os.strerror(errno.ENOSPC) in str(error):  # as TensorFlow, tokenizers and safetensors put it
        return what_failed(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    if type(error).__module__.startswith("tensorflow") and type(error).__name__ == "ResourceExhaustedError":
        text = " ".join(str(getattr(error, "message", error)).split())[:200]
        shape = re.search(r"shape ?\[[\d,]*\]", text)
        detail = f" (no room for a tensor of {shape.group()})" if shape else ""
        return f"there is not enough memory for this model and batch: make one of them smaller{detail}"
    return None


def what_failed(error: OSError) -> str:
    """An OSError as a phrase: which file, what happened, and what to do."""
    where = f"{error.filename}: " if error.filename else ""
    remedy = REMEDIES.get(error.errno, "put that right")
    return f"{where}{error.strerror or error}; {remedy} and run it again"


def hub_login() -> str:
    """The command that stores a token of the Hugging Face Hub, for a shell: on this interpreter, whose programs are
    seldom on PATH."""
    return f'{shlex.quote(sys.executable)} -c "import huggingface_hub; huggingface_hub.login()"'


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The question whether the nearest of the ``known`` names was meant; "" when none is near."""
    known = list(known)
    same = [each for each in known if each.lower() == name.lower()]  # but for capitals
    near = same or difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]!r}?" if near else ""
