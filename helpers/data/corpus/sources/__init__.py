"""Where a corpus comes from: OpenSubtitles or another address, files on this machine, a dataset of Hugging Face, or the
sample generator.

Each source has ``identity()``, a dict that changes when the text does and is known without reading it, and
``batches(tally, needed, say)``, which yields lists of clean lines ("" ends a document) and reads no more than
it is asked for.
"""

import glob
import hashlib
import os
import re
from typing import Any, Callable, Dict, Iterator, List, Optional

from helpers.base.errors import TutorialError
from helpers.base.files import sha256
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats import DEFAULT, Options

OPUS_URL = "https://object.pouta.csc.fi/OPUS-OpenSubtitles"  # $ELECTRA_OPUS_URL names a mirror
SPANISH = "es"


class Source:
    """What a source needs to say only if it fetches something."""

    name = ""

    def identity(self) -> Dict[str, Any]:
        """What changes when the text does, known without reading it."""
        raise NotImplementedError

    def batches(self, tally: Tally, needed: Optional[int], say: Callable[[str], None]) -> Iterator[List[str]]:
        """Yield lists of clean lines; ``needed``: how many are wanted, None for all; ``say`` is told of troubles."""
        raise NotImplementedError

    def held_out(self, tally: Tally) -> Optional[Iterator[List[str]]]:
        """The same for text that was made to be held out; None where held-out text is a part of ``batches``."""
        return None

    def description(self) -> Dict[str, Any]:
        """Facts about what was read, for the corpus' manifest."""
        return {}

    def progress(self) -> Dict[str, Any]:
        """Facts for the progress bar."""
        return {}

    def discard(self) -> None:
        """Delete what was kept for a later call."""


def find(
    source: str,
    folder: str,
    release: str = "v2016",
    seed: int = 0,
    opus_url: Optional[str] = None,
    options: Options = DEFAULT,
) -> Source:
    """The source that ``source`` names; see :func:`helpers.data.corpus.prepare`.

    ``folder`` is where the corpus will be written: downloads are kept there meanwhile, and the files that
    are written there are never read as input.
    """
    from helpers.data.corpus.sources.files import Files
    from helpers.data.corpus.sources.hub import Hub
    from helpers.data.corpus.sources.web import Web

    source = os.fspath(source).strip()
    if source == "sample":
        return Sample(seed, options)
    name, _, language = source.partition(":")
    if name == "opensubtitles":
        language = language or SPANISH
        return Web(opensubtitles_url(language, release, opus_url), folder, options, language)
    if name == "hf":
        return Hub(source, options)
    if re.match("https?://", source):
        return Web(source, folder, options)
    return Files(source, [os.path.join(folder, name) for name in ("train.txt", "valid.txt")], options)


def opensubtitles_url(language: str, release: str, opus_url: Optional[str] = None) -> str:
    """The address of a language's plain text in OPUS, for example ``.../v2016/mono/es.txt.gz``."""
    if not re.match(r"[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$", str(language)):
        raise TutorialError(
            f"the language of OpenSubtitles is {language!r}: give a code as OPUS has it, such as "
            'CORPUS = "opensubtitles:pt_br"'
        )
    if not re.match(r"v\d+[a-z]?$", str(release)):
        raise TutorialError(f'the release of OpenSubtitles is {release!r}: give one such as "v2016"')
    base = opus_url or os.environ.get("ELECTRA_OPUS_URL") or OPUS_URL
    return f"{base.rstrip('/')}/{release}/mono/{language}.txt.gz"


class Sample(Source):
    """The built-in generator of film dialogue (``helpers/data/sample_corpus/``); it never ends."""

    name = "the sample corpus"

    def __init__(self, seed: int, options: Options = DEFAULT) -> None:
        self._seed, self._options = seed, options

    def description(self) -> Dict[str, Any]:
        return {"language": SPANISH}

    def identity(self) -> Dict[str, Any]:
        from helpers.data import sample_corpus

        package = os.path.dirname(os.path.abspath(sample_corpus.__file__))
        paths = sorted(glob.glob(os.path.join(package, "**", "*.py"), recursive=True))
        code = "".join(sha256(path) for path in paths)
        return {"source": "sample", "generator": hashlib.sha256(code.encode()).hexdigest()}

    def batches(self, tally: Tally, needed: Optional[int], say: Callable[[str], None]) -> Iterator[List[str]]:
        from helpers.data.sample_corpus import scenes

        if needed is None:
            raise TutorialError("the sample corpus has no end: give TRAIN_SIZE, the number of lines")
        for name in ("column", "encoding", "language"):
            if getattr(self._options, name) is not None:
                tally.note(self.name, f"CORPUS_{name.upper()} has no effect, for nothing is read")
        return self._counted(scenes(self._seed), tally)

    def held_out(self, tally: Tally) -> Iterator[List[str]]:
        from helpers.data.sample_corpus import held_out_scenes

        return self._counted(held_out_scenes(self._seed), tally)

    @staticmethod
    def _counted(scenes: Iterator[List[str]], tally: Tally) -> Iterator[List[str]]:
        for scene in scenes:
            tally.lines += len(scene)
            yield scene + [""]
