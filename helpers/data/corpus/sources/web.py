"""Text at an http or https address, fetched no further than it is needed."""

import contextlib
import os
import re
import sys
import urllib.parse
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from helpers.data.corpus import formats
from helpers.data.corpus.account import Tally
from helpers.data.corpus.download import Download
from helpers.data.corpus.formats import DEFAULT, Options
from helpers.data.corpus.sources import Source


class Web(Source):
    """A file at an address; ``language``: what it is known to be written in."""

    def __init__(self, url: str, folder: str, options: Options = DEFAULT, language: Optional[str] = None) -> None:
        self.name, self._language, self._options = url, language, options
        basename = os.path.basename(urllib.parse.urlsplit(url).path)
        basename = re.sub(r"[^\w.-]", "_", basename).lstrip(".")[-80:] or "download"
        self._partial = os.path.join(folder, f"{basename}.partial")
        self._download = self._new_download()

    def _new_download(self, say: Callable[[str], None] = lambda text: None) -> Download:
        return Download(self.name, self._partial, say)

    def identity(self) -> Dict[str, Any]:
        return {"source": "web", "url": self.name}

    def batches(self, tally: Tally, needed: Optional[int], say: Callable[[str], None]) -> Iterator[List[str]]:
        self._download = self._new_download(say)
        used, lines = 0, 0

        def counted(blocks: Iterable[bytes]) -> Iterator[bytes]:
            nonlocal used
            for block in blocks:
                used += len(block)
                yield block

        with contextlib.closing(iter(self._download)) as blocks:
            for batch in formats.read(counted(blocks), self.name, tally, self._options):
                yield batch
                lines += len(batch)
                self._download.expected = sys.maxsize if needed is None else used * needed // max(1, lines)

    @property
    def resumed(self) -> bool:
        """Whether text of an earlier run's download was used."""
        return self._download.resumed > 0

    def description(self) -> Dict[str, Any]:
        known = {"language": self._language} if self._language else {}
        return dict(self._download.description(), received=self._download.received, **known)

    def progress(self) -> Dict[str, Any]:
        return {"MB fetched": round(self._download.received / 1e6, 1)}

    def discard(self) -> None:
        self._download.discard()
