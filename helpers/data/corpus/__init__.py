"""Step 1: text for training.  Writes DATA_DIR/corpus/train.txt, valid.txt and manifest.json.

    from helpers.data import corpus
    corpus.prepare("opensubtitles:es", DATA_DIR, train_size=1000000)

Called by the section "Data" of the notebook.  The text has one sentence a line and a blank line between
documents; ``helpers/data/corpus/text.py`` says how it is cleaned, ``helpers/data/corpus/split.py`` which part is held out and
``helpers/data/corpus/sources.py`` where it may come from.  All of it streams: no step holds or fetches more than it
needs.
"""

import contextlib
import hashlib
import itertools
import os

from helpers.base import lock, progress
from helpers.base.errors import TutorialError, what_failed
from helpers.base.files import fingerprint, read_json, sha256, write_aside, write_json
from helpers.data.corpus.counting import overview  # noqa: F401 (a part of what notebooks call)
from helpers.data.corpus.download import Changed
from helpers.data.corpus.sources import find
from helpers.data.corpus.split import held_out_size, split
from helpers.data.corpus.text import BadContent, Tally

FORMAT = 1  # one more when the same input would give other files
RESTARTS = 3
OUTPUTS = ("train.txt", "valid.txt")


def prepare(
    source="sample",
    data_dir="data",
    train_size=1000000,
    valid_size=None,
    release="v2016",
    seed=0,
    opus_url=None,
    reporter=None,
):
    """Make ``DATA_DIR/corpus`` from ``source``, unless it is there already, made from the same.

    Parameters
    ----------
    source : str or path
        ``"opensubtitles:es"``: OpenSubtitles in a language (without one, Spanish) and of a ``release``, both
        as OPUS names them, from ``opus_url``, ``$ELECTRA_OPUS_URL`` or the project's own server;
        ``"sample"``: built-in synthetic dialogue; or the path, folder, glob or URL of .txt or .txt.gz files.
    train_size : int or None
        Lines of training text (blank ones not counted); None takes all there are.
    valid_size : int or None
        Lines to hold out, about; None for 1%, see :func:`helpers.data.corpus.split.held_out_size`.
    seed : int
        Chooses the held-out documents, and the text of the sample corpus.
    reporter : helpers.base.events.Reporter or None
        Told about progress; None shows it here.

    Returns
    -------
    dict
        The manifest (``parameters``, ``input``, ``cleaning``, ``outputs`` with lines, documents, words,
        bytes and sha256 of each file, ``ended``: the text was shorter than asked for), ``up_to_date``
        and the paths ``train`` and ``valid``.

    Raises TutorialError where the text cannot be had or is no text.
    """
    _check_size("TRAIN_SIZE", train_size)
    _check_size("valid_size", valid_size)
    folder = os.path.join(os.fspath(data_dir), "corpus")
    with contextlib.ExitStack() as stack:
        report = reporter or stack.enter_context(progress.reporter("Corpus"))
        stack.enter_context(explained("the corpus"))
        found = find(source, folder, release, seed, opus_url)
        parameters = dict(found.identity(), train_size=train_size, valid_size=valid_size, seed=seed, format=FORMAT)
        manifest = _current(folder, parameters)
        up_to_date = manifest is not None
        if not up_to_date:
            stack.enter_context(lock.data(os.fspath(data_dir), "the corpus", report.message))
            manifest = _make(found, folder, parameters, report)
        for message in _summary(manifest, found.name):
            report.message(message)
        paths = {name[: -len(".txt")]: os.path.join(folder, name) for name in OUTPUTS}
        report.result(up_to_date=up_to_date, **paths)
        return dict(manifest, up_to_date=up_to_date, **paths)


def content_hash(path):
    """sha256 of a corpus file: the one in the manifest beside it where it holds, else computed."""
    manifest = read_json(os.path.join(os.path.dirname(os.path.abspath(path)), "manifest.json"), default={})
    known = manifest.get("outputs", {}).get(os.path.basename(path), {})
    return known["sha256"] if known.get("fingerprint") == fingerprint(path) else sha256(path)


def _check_size(name, value):
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise TutorialError(f"{name} is {value!r}: give a number of lines, 1 or more")


@contextlib.contextmanager
def explained(what):
    """Turn an OSError (no space, no permission, a file in a folder's place) into one sentence."""
    try:
        yield
    except OSError as error:
        raise TutorialError(f"{what} cannot be made: {what_failed(error)}")


def _current(folder, parameters):
    """The manifest, when it was made with these parameters and its files are still what it says."""
    manifest = read_json(os.path.join(folder, "manifest.json"), default={})
    if not isinstance(manifest, dict) or manifest.get("parameters") != parameters:
        return None
    for name, record in manifest["outputs"].items():
        path = os.path.join(folder, name)
        if not os.path.isfile(path):
            return None
        # A copied or synchronized folder has new times but the same content.
        if record["fingerprint"] != fingerprint(path) and (
            record["bytes"] != os.path.getsize(path) or record["sha256"] != sha256(path)
        ):
            return None
    return manifest


def _make(source, folder, parameters, report):
    """Write the corpus and its manifest; starts again where the source turns out to have changed meanwhile."""
    for restart in itertools.count():
        try:
            manifest = _write(source, folder, parameters, report)
            source.discard()  # before the manifest: once that is there, no run comes here again
            write_json(os.path.join(folder, "manifest.json"), manifest)
            return manifest
        except Changed:
            source.discard()
            if restart == RESTARTS:
                raise TutorialError(f"{source.name} keeps changing while it is read: try again later")
            report.message(f"{source.name} has changed meanwhile: reading it again from the start")
        except BadContent as error:
            source.discard()  # or the next run would begin with the same bad bytes
            if restart or not getattr(source, "resumed", False):
                raise
            report.message(f"{error}; that began with what an earlier run had fetched: fetching it anew")


def _write(source, folder, parameters, report):
    train_size, valid_size = parameters["train_size"], parameters["valid_size"]
    needed = train_size and train_size + (valid_size or held_out_size(train_size))
    tally = Tally()
    with contextlib.ExitStack() as stack:
        train, valid = (_Part(stack.enter_context(write_aside(os.path.join(folder, name), "wb"))) for name in OUTPUTS)
        report.start("reading text", total=needed, unit="lines")
        batches = stack.enter_context(contextlib.closing(source.batches(tally, needed, report.message)))
        lines = _reported(batches, needed, report, source)
        for held_out, document, unit in split(lines, train_size, valid_size, parameters["seed"]):
            (valid if held_out else train).add(document, unit)
        if not train.lines or not valid.lines:
            text = "%s has %s: a corpus needs two lines at least, one to train on and one to hold out"
            raise TutorialError(text % (source.name, "one line of text" if train.lines else "no text"))
    outputs = {
        name: dict(part.record(), fingerprint=fingerprint(os.path.join(folder, name)))
        for name, part in zip(OUTPUTS, (train, valid))
    }

    return {
        "parameters": parameters,
        "input": source.description(),
        "cleaning": vars(tally),
        "outputs": outputs,
        "ended": train_size is None or train.lines < train_size,
        "notes": list(tally.messages()),
    }


def _reported(batches, needed, report, source):
    """The lines of ``batches``, one by one, told to ``report``."""
    left = needed
    for batch in batches:
        amount = len(batch) - batch.count("")
        if left is not None:
            amount = min(amount, left)
            left -= amount
        report.advance(amount, **source.progress())
        for line in batch:
            yield line


class _Part:
    """One of the two output files, and what is in it."""

    def __init__(self, file):
        self._file, self._sha256, self._document = file, hashlib.sha256(), None
        self.lines = self._documents = self._words = self._bytes = 0

    def add(self, document, lines):
        """Write lines of a document, after a blank line where another document came before."""
        text = "\n".join(lines) + "\n"
        if document != self._document:
            text = "\n" + text if self._documents else text
            self._document = document
            self._documents += 1
        data = text.encode("utf-8")
        self._file.write(data)
        self._sha256.update(data)
        self._bytes += len(data)
        self._words += len(text.split())
        self.lines += len(lines)

    def record(self):
        return {
            "lines": self.lines,
            "documents": self._documents,
            "words": self._words,
            "bytes": self._bytes,
            "sha256": self._sha256.hexdigest(),
        }


def _summary(manifest, name):
    """What the user should know: one sentence each."""
    train, valid = (manifest["outputs"][output] for output in OUTPUTS)
    yield f"{format(train['lines'], ',')} lines ({format(train['words'], ',')} words) to train on, {format(valid['lines'], ',')} lines held out, from {name}"
    asked = manifest["parameters"]["train_size"]
    if asked is not None and manifest["ended"]:
        yield f"that is all the text there is; {format(asked, ',')} lines were asked for"
    for note in manifest["notes"]:
        yield note
