"""Text in files on this machine: one, a folder's in depth, or what a glob pattern matches."""

import glob
import os
from typing import Any, Callable, Dict, Iterator, List, Optional, Set

from helpers.base.errors import TutorialError, did_you_mean
from helpers.base.files import fingerprint
from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats import DEFAULT, Options, names
from helpers.data.corpus.formats.tables import short
from helpers.data.corpus.sources import Source

READ_BYTES = 1 << 18


def shown(path: str) -> str:
    """A path for messages and manifests: bytes that are no UTF-8, and what would break a line, as escapes."""
    path = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return path if path.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in path)


def expanded(path: str) -> str:
    """A path with ``~`` and variables such as ``$HOME`` put in, unless there is a file of the very name."""
    return path if os.path.exists(path) else os.path.expanduser(os.path.expandvars(path))


class Files(Source):
    """Files in the order of their names; ``outputs``: what is never input."""

    def __init__(self, source: str, outputs: List[str], options: Options = DEFAULT) -> None:
        self.name, self._options = shown(source), options
        self._found = Tally()  # what the search left out
        self.paths = _paths(source, {os.path.realpath(path) for path in outputs}, options, self._found)

    def identity(self) -> Dict[str, Any]:
        return {"source": "files", "files": [[shown(os.path.abspath(path))] + fingerprint(path) for path in self.paths]}

    def batches(self, tally: Tally, needed: Optional[int], say: Callable[[str], None]) -> Iterator[List[str]]:
        for why, count in self._found.left_out.items():
            tally.leave_out(why, count)
        for path in self.paths:
            before, name = fingerprint(path), shown(path)
            try:
                file = open(path, "rb")
            except PermissionError as error:
                raise _unreadable(path, error)
            with file:
                blocks = iter(lambda file=file: file.read(READ_BYTES), b"")
                for lines in formats.read(blocks, name, tally, self._options, path):
                    if fingerprint(path) != before:
                        raise TutorialError(f"{name} changed while it was read: wait until it is whole, then run again")
                    yield lines
            yield [""]  # a file's end is a document's end


def _unreadable(path: str, error: OSError) -> TutorialError:
    return TutorialError(
        f"{shown(path)} cannot be read ({error.strerror}): give yourself the right to (chmod -R u+rX), ask its owner "
        "for it, or give other text"
    )


def _paths(source: str, outputs: Set[str], options: Options, tally: Tally) -> List[str]:
    path = expanded(source)
    if os.path.isdir(path):
        within = sorted(_walk(path, outputs, tally))
        found = [os.path.join(path, name) for name in names.choose(within, source, options.language, tally)]
        there = ", ".join(f"{why} ({count})" for why, count in tally.left_out.items())
        there = f"; what is there: {short(there)}" if there else ""
        what = f"the folder {shown(source)} has no file of text (.txt, .srt, .jsonl, …, plain or packed){there}"
    elif os.path.isfile(path):
        found, what = [path], f"{shown(source)} is what this step writes"
    elif os.path.exists(path):
        raise TutorialError(
            f"{shown(source)} is no file but a pipe or a device, which cannot be read twice: write the text into a "
            "file and give that"
        )
    elif glob.has_magic(path):
        found, what = sorted(glob.glob(path, recursive=True)), f"no file matches {source}"
    else:
        near = did_you_mean(source.lower(), ["opensubtitles", "sample"])
        hint = f" ({near})" if near else ""
        raise TutorialError(
            f'CORPUS is {source!r}, and there is no such file or folder{hint}: give "opensubtitles:es", "sample", '
            '"hf:owner/name", or the path, folder, glob or URL of your text'
        )
    files = [path for path in found if os.path.isfile(path)]
    if len(files) < len(found):
        tally.leave_out("folders and pipes that the pattern matches", len(found) - len(files))
    found = [path for path in files if os.path.realpath(path) not in outputs]
    if not found:
        raise TutorialError(f"{what}: give the path of your own text (CORPUS)")
    return found


def _walk(folder: str, outputs: Set[str], tally: Tally) -> Iterator[str]:
    """The paths of all files in a folder, within it; a folder that a link leads back to is searched once.  Raises
    TutorialError where a folder may not be read."""

    def refuse(error: OSError) -> None:
        raise _unreadable(str(error.filename), error)

    seen = set()
    for place, folders, files in os.walk(folder, onerror=refuse, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders[:] = []
            continue
        seen.add(real)
        for name in files:
            path = os.path.join(place, name)
            if not os.path.isfile(path):
                tally.leave_out("pipes, devices and links that lead nowhere")
            elif os.path.realpath(path) not in outputs and ".partial" not in name:
                yield os.path.relpath(path, folder)
