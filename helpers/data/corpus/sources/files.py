"""Text in files on this machine: one, a folder's in depth, or what a glob pattern matches."""

import glob
import os
from typing import Any, Callable, Dict, Iterator, List, Optional, Set

from helpers.base.errors import TutorialError, did_you_mean
from helpers.base.files import fingerprint
from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats import DEFAULT, Options, names
from helpers.data.corpus.sources import Source

READ_BYTES = 1 << 18


def expanded(path: str) -> str:
    """A path with ``~`` and variables such as ``$HOME`` put in, unless there is a file of the very name."""
    return path if os.path.exists(path) else os.path.expanduser(os.path.expandvars(path))


class Files(Source):
    """Files in the order of their names; ``outputs``: what is never input."""

    def __init__(self, source: str, outputs: List[str], options: Options = DEFAULT) -> None:
        self.name, self._options = source, options
        self._found = Tally()  # what the search left out
        self.paths = _paths(source, {os.path.realpath(path) for path in outputs}, options, self._found)

    def identity(self) -> Dict[str, Any]:
        return {"source": "files", "files": [[os.path.abspath(path)] + fingerprint(path) for path in self.paths]}

    def batches(self, tally: Tally, needed: Optional[int], say: Callable[[str], None]) -> Iterator[List[str]]:
        for why, count in self._found.left_out.items():
            tally.leave_out(why, count)
        for path in self.paths:
            before = fingerprint(path)
            with open(path, "rb") as file:
                blocks = iter(lambda file=file: file.read(READ_BYTES), b"")
                for lines in formats.read(blocks, path, tally, self._options, path):
                    if fingerprint(path) != before:
                        raise TutorialError(f"{path} changed while it was read: wait until it is whole, then run again")
                    yield lines
            yield [""]  # a file's end is a document's end


def _paths(source: str, outputs: Set[str], options: Options, tally: Tally) -> List[str]:
    path = expanded(source)
    if os.path.isdir(path):
        within = sorted(_walk(path, outputs))
        found = [os.path.join(path, name) for name in names.choose(within, source, options.language, tally)]
        what = f"the folder {source} has no file of text (.txt, .srt, .jsonl, …, plain or packed)"
    elif os.path.exists(path):
        found, what = [path], f"{source} is what this step writes"
    elif glob.has_magic(path):
        found, what = sorted(glob.glob(path, recursive=True)), f"no file matches {source}"
    else:
        near = did_you_mean(source.lower(), ["opensubtitles", "sample"])
        hint = f" ({near})" if near else ""
        raise TutorialError(
            f'CORPUS is {source!r}, and there is no such file or folder{hint}: give "opensubtitles:es", "sample", '
            '"hf:owner/name", or the path, folder, glob or URL of your text'
        )
    found = [path for path in found if os.path.isfile(path) and os.path.realpath(path) not in outputs]
    if not found:
        raise TutorialError(f"{what}: give the path of your own text (CORPUS)")
    return found


def _walk(folder: str, outputs: Set[str]) -> Iterator[str]:
    """The paths of all files in a folder, within it; a folder that a link leads back to is searched once."""
    seen = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            folders[:] = []
            continue
        seen.add(real)
        for name in files:
            path = os.path.join(place, name)
            if os.path.realpath(path) not in outputs and ".partial" not in name:
                yield os.path.relpath(path, folder)
