"""Where a corpus comes from: OpenSubtitles or another URL, files on this machine, or the sample generator.

Each source has ``identity()``, a dict that changes when the text does and is known without reading it, and
``batches(tally, needed, say)``, which yields lists of clean lines ("" ends a document) and reads no more than
it is asked for.
"""

import contextlib
import glob
import hashlib
import os
import re
import sys
import urllib.parse

from helpers.base.errors import TutorialError, did_you_mean
from helpers.base.files import fingerprint, sha256
from helpers.data.corpus.download import Download
from helpers.data.corpus.text import clean, unpacked

OPUS_URL = "https://object.pouta.csc.fi/OPUS-OpenSubtitles"  # $ELECTRA_OPUS_URL names a mirror
SPANISH = "es"
ENDINGS = (".txt", ".txt.gz")
READ_BYTES = 1 << 18


def find(source, folder, release="v2016", seed=0, opus_url=None):
    """The source that ``source`` names; see :func:`helpers.data.corpus.prepare`.

    ``folder`` is where the corpus will be written: downloads are kept there meanwhile, and the files that
    are written there are never read as input.
    """
    source = os.fspath(source)
    if source == "sample":
        return Sample(seed)
    name, _, language = source.partition(":")
    if name == "opensubtitles":
        language = language or SPANISH
        return Web(opensubtitles_url(language, release, opus_url), folder, language)
    if re.match("https?://", source):
        return Web(source, folder)
    return Files(source, outputs=[os.path.join(folder, name) for name in ("train.txt", "valid.txt")])


def opensubtitles_url(language, release, opus_url=None):
    """The address of a language's plain text in OPUS, for example ``.../v2016/mono/es.txt.gz``."""
    if not re.match(r"[A-Za-z]{2,3}(_[A-Za-z]{2,4})?$", str(language)):
        text = 'the language of OpenSubtitles is %r: give a code as OPUS has it, such as CORPUS = "opensubtitles:pt_br"'
        raise TutorialError(text % (language,))
    if not re.match(r"v\d+[a-z]?$", str(release)):
        raise TutorialError(f'the release of OpenSubtitles is {release!r}: give one such as "v2016"')
    base = opus_url or os.environ.get("ELECTRA_OPUS_URL") or OPUS_URL
    return f"{base.rstrip('/')}/{release}/mono/{language}.txt.gz"


class Source:
    """What a source needs to say only if it fetches something."""

    def description(self):
        """Facts about what was read, for the corpus' manifest."""
        return {}

    def progress(self):
        """Facts for the progress bar."""
        return {}

    def discard(self):
        """Delete what was kept for a later call."""


class Sample(Source):
    """The built-in generator of film dialogue (``helpers/sample_corpus/``); it never ends."""

    name = "the sample corpus"

    def __init__(self, seed):
        self._seed = seed

    def description(self):
        return {"language": SPANISH}

    def identity(self):
        package = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sample_corpus")
        code = "".join(sha256(path) for path in sorted(glob.glob(os.path.join(package, "*.py"))))
        return {"source": "sample", "generator": hashlib.sha256(code.encode()).hexdigest()}

    def batches(self, tally, needed, say):
        from helpers.data.sample_corpus import scenes

        if needed is None:
            raise TutorialError("the sample corpus has no end: give TRAIN_SIZE, the number of lines")
        for scene in scenes(self._seed):
            tally.lines += len(scene)
            yield scene + [""]


class Files(Source):
    """A file, a folder's .txt and .txt.gz files, or what a glob pattern matches, in the order of their names."""

    def __init__(self, source, outputs):
        self.name = source
        self.paths = _paths(source, {os.path.realpath(path) for path in outputs})

    def identity(self):
        return {"source": "files", "files": [[os.path.abspath(path)] + fingerprint(path) for path in self.paths]}

    def batches(self, tally, needed, say):
        for path in self.paths:
            before = fingerprint(path)
            with open(path, "rb") as file:
                blocks = iter(lambda file=file: file.read(READ_BYTES), b"")
                for lines in clean(unpacked(blocks, path), path, tally):
                    if fingerprint(path) != before:
                        raise TutorialError(f"{path} changed while it was read: wait until it is whole, then run again")
                    yield lines
            yield [""]  # a file's end is a document's end


def _paths(source, outputs):
    expanded = os.path.expanduser(source)
    if os.path.isdir(expanded):
        found = [os.path.join(expanded, name) for name in sorted(os.listdir(expanded))]
        found = [path for path in found if path.endswith(ENDINGS) and os.path.basename(path) != "vocab.txt"]
        what = f"the folder {source} has no .txt or .txt.gz files"
    elif os.path.exists(expanded):
        found, what = [expanded], f"{source} is what this step writes"
    elif glob.has_magic(expanded):
        found, what = sorted(glob.glob(expanded, recursive=True)), f"no file matches {source}"
    else:
        near = did_you_mean(source.lower(), ["opensubtitles", "sample"])
        raise TutorialError(
            'CORPUS is {!r}, and there is no such file or folder{}: give "opensubtitles:es", "sample", or the path, '
            "glob or URL of .txt or .txt.gz files".format(source, f" ({near})" if near else "")
        )
    found = [path for path in found if os.path.isfile(path) and os.path.realpath(path) not in outputs]
    if not found:
        raise TutorialError(f"{what}: give the path of your own text (CORPUS)")
    return found


class Web(Source):
    """A .txt or .txt.gz file at an http or https address; ``language``: what it is known to be written in."""

    def __init__(self, url, folder, language=None):
        self.name, self._language = url, language
        basename = os.path.basename(urllib.parse.urlsplit(url).path)
        basename = re.sub(r"[^\w.-]", "_", basename).lstrip(".")[-80:] or "download"
        self._partial = os.path.join(folder, f"{basename}.partial")
        self._download = self._new_download()

    def _new_download(self, say=lambda text: None):
        return Download(self.name, self._partial, say)

    def identity(self):
        return {"source": "web", "url": self.name}

    def batches(self, tally, needed, say):
        self._download = self._new_download(say)
        used, lines = 0, 0

        def counted(blocks):
            nonlocal used
            for block in blocks:
                used += len(block)
                yield block

        with contextlib.closing(iter(self._download)) as blocks:
            for batch in clean(unpacked(counted(blocks), self.name), self.name, tally):
                yield batch
                lines += len(batch)
                self._download.expected = sys.maxsize if needed is None else used * needed // lines

    @property
    def resumed(self):
        """Whether text of an earlier run's download was used."""
        return self._download.resumed > 0

    def description(self):
        known = {"language": self._language} if self._language else {}
        return dict(self._download.description(), received=self._download.received, **known)

    def progress(self):
        return {"MB fetched": round(self._download.received / 1e6, 1)}

    def discard(self):
        self._download.discard()
