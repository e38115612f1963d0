"""Step 1: text for training.  Writes DATA_DIR/corpus/train.txt, valid.txt and manifest.json.

    from helpers.data import corpus
    corpus.prepare("opensubtitles:es", DATA_DIR, train_size=1000000)

Called by the section "Data" of the notebook.  The text has one sentence a line and a blank line between documents.
``sources`` says where it may come from, ``formats/table.py`` in which formats, ``text/`` how it is cleaned,
``sentences.py`` how paragraphs are split, ``split.py`` which part is held out, ``account.py`` what is counted.  All of
it streams: no step holds or fetches more than it needs.
"""

import contextlib
import hashlib
import itertools
import os
from typing import Any, Dict, Iterator, List, Optional

from helpers.base import files, lock, manifest, progress
from helpers.base.errors import TutorialError, what_failed
from helpers.base.events import Reporter
from helpers.data.corpus.account import Tally, amount, overlap
from helpers.data.corpus.counting import overview  # noqa: F401 (a part of what notebooks call)
from helpers.data.corpus.download import Changed
from helpers.data.corpus.formats import Options, encodings
from helpers.data.corpus.sources import Source, find
from helpers.data.corpus.sources.files import expanded
from helpers.data.corpus.split import Dropped, held_out_size, two_texts
from helpers.data.corpus.split import split as split_off
from helpers.data.corpus.text import BadContent, has_wide_spaces

FORMAT = 3  # one more when the same input would give other files
RESTARTS = 3
OUTPUTS = ("train.txt", "valid.txt")
WRITE_LINES = 5000  # written at once
MUCH_OVERLAP = 0.05  # of the held-out lines; more than that is said


def prepare(
    source: str = "sample",
    data_dir: str = "data",
    train_size: Optional[int] = 1000000,
    valid_size: Optional[int] = None,
    release: str = "v2016",
    seed: int = 0,
    opus_url: Optional[str] = None,
    reporter: Optional[Reporter] = None,
    column: Optional[str] = None,
    encoding: Optional[str] = None,
    language: Optional[str] = None,
    normalize: bool = True,
    split_lines: Optional[bool] = None,
) -> Dict[str, Any]:
    """Make ``DATA_DIR/corpus`` from ``source``, unless it is there already, made from the same.

    Parameters
    ----------
    source : str or path
        ``"opensubtitles:es"``: OpenSubtitles in a language (without one, Spanish) and of a ``release``, both
        as OPUS names them, from ``opus_url``, ``$ELECTRA_OPUS_URL`` or the project's own server;
        ``"sample"``: built-in synthetic dialogue; ``"hf:owner/name"``: a dataset of the Hugging Face Hub, see
        :mod:`helpers.data.corpus.sources.hub`; or the path, folder, glob or URL of text in any of the formats of
        :mod:`helpers.data.corpus.formats.table`.
    data_dir : str or path
        The data folder.  In it and in ``source``, ``~`` and ``$HOME`` mean the home folder.
    train_size : int or None
        Lines of training text (blank ones not counted); None takes all there are.
    valid_size : int or None
        Lines to hold out, about; None for 1%, see :func:`helpers.data.corpus.split.held_out_size`.
    seed : int
        Chooses the held-out documents, and the text of the sample corpus.
    reporter : helpers.base.events.Reporter or None
        Told about progress; None shows it here.
    column : str or None
        The column of a table (CSV, JSON, Parquet, a dataset) that holds the text; None guesses and says which.
    encoding : str or None
        The files' encoding, such as "cp1252"; None finds it out and says what was assumed.
    language : str or None
        Which language of a file in several (TMX, pairs of languages).
    normalize : bool
        Whether to put the text into Unicode's composed form (NFC) and to mend UTF-8 that was decoded twice.
    split_lines : bool or None
        Whether to split lines into sentences; None does where lines are paragraphs or documents.

    Returns
    -------
    dict
        The manifest (``parameters``, ``input``, ``cleaning``, ``account``, ``overlap``, ``outputs`` with lines,
        documents, words, bytes and sha256 of each file, ``ended``: the text was shorter than asked for), ``up_to_date``
        and the paths ``train`` and ``valid``.

    Raises TutorialError where the text cannot be had or is no text.
    """
    _check_size("TRAIN_SIZE", train_size)
    _check_size("valid_size", valid_size)
    for name, value in (("normalize", normalize), ("SPLIT_LINES", split_lines)):
        if not isinstance(value, bool) and not (value is None and name == "SPLIT_LINES"):
            raise TutorialError(f"{name} is {value!r}: give True or False")
    column, language = (str(value).strip() or None if value is not None else None for value in (column, language))
    options = Options(column, encodings.check(encoding), language, normalize, split_lines)
    data_dir = expanded(os.fspath(data_dir))
    folder = os.path.join(data_dir, "corpus")
    path = os.path.join(folder, manifest.FILE)
    with contextlib.ExitStack() as stack:
        report = reporter or stack.enter_context(progress.reporter("Corpus"))
        stack.enter_context(explained("the corpus"))
        found = find(source, folder, release, seed, opus_url, options)
        parameters = dict(
            found.identity(), train_size=train_size, valid_size=valid_size, seed=seed, options=options._asdict(),
            format=FORMAT,
        )  # fmt: skip
        made = manifest.current(path, parameters)
        up_to_date = made is not None
        if not up_to_date:
            stack.enter_context(lock.data(data_dir, "the corpus", report.message))
            made = _make(found, folder, parameters, report)
        for message in _summary(made, found.name):
            report.message(message)
        paths = {name[: -len(".txt")]: os.path.join(folder, name) for name in OUTPUTS}
        train, valid = (made["outputs"][name]["lines"] for name in OUTPUTS)
        report.result(up_to_date=up_to_date, said=f"{train:,} lines to train on, {valid:,} held out", **paths)
        return dict(made, up_to_date=up_to_date, **paths)


def content_hash(path: str) -> str:
    """sha256 of a corpus file: the one in the manifest beside it where it holds, else computed."""
    made = manifest.read(os.path.join(os.path.dirname(os.path.abspath(path)), manifest.FILE)) or {}
    known = made.get("outputs", {}).get(os.path.basename(path), {})
    return known["sha256"] if known.get("fingerprint") == files.fingerprint(path) else files.sha256(path)


def _check_size(name: str, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise TutorialError(f"{name} is {value!r}: give a number of lines, 1 or more")


@contextlib.contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn an OSError (no space, no permission, a file in a folder's place) into one sentence."""
    try:
        yield
    except OSError as error:
        raise TutorialError(f"{what} cannot be made: {what_failed(error)}")


def _make(source: Source, folder: str, parameters: Dict[str, Any], report: Reporter) -> Dict[str, Any]:
    """Write the corpus and its manifest; starts again where the source turns out to have changed meanwhile."""
    for restart in itertools.count():
        try:
            facts = _write(source, folder, parameters, report)
            source.discard()  # before the manifest: once that is there, no run comes here again
            return manifest.write(os.path.join(folder, manifest.FILE), parameters, **facts)
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


def _write(source: Source, folder: str, parameters: Dict[str, Any], report: Reporter) -> Dict[str, Any]:
    train_size, valid_size = parameters["train_size"], parameters["valid_size"]
    needed = train_size and train_size + (valid_size or held_out_size(train_size))
    tally, dropped = Tally(), Dropped()
    with contextlib.ExitStack() as stack:
        parts = [_Part(stack.enter_context(files.write_aside(os.path.join(folder, name), "wb"))) for name in OUTPUTS]
        train, valid = parts
        report.start("reading text", total=needed, unit="lines")
        batches = stack.enter_context(contextlib.closing(source.batches(tally, needed, report.message)))
        apart = source.held_out(tally)
        if apart is None:
            lines = itertools.chain.from_iterable(_reported(batches, needed, report, source))
            units = split_off(lines, train_size, valid_size, parameters["seed"], dropped)
        else:
            texts = (batches, train_size), (apart, needed - train_size)
            texts = [itertools.chain.from_iterable(_reported(text, size, report, source)) for text, size in texts]
            units = two_texts(*texts, train_size, needed - train_size)
        for held_out, document, unit in units:
            (valid if held_out else train).add(document, unit)
        if not train.lines or not valid.lines:
            if dropped.documents:
                raise TutorialError(
                    f"{source.name} holds the same document over and over: what is left to train on when one is "
                    f"held out "
                    "is nothing else; give more text"
                )
            raise TutorialError(
                f"{source.name} has {'one line of text' if train.lines else 'no text'}: a corpus needs two lines at "
                "least, one to train on and one to hold out"
            )
        for part in parts:
            part.flush()
    tally.dropped_documents, tally.dropped_lines, tally.dropped_words = vars(dropped).values()
    paths = [os.path.join(folder, name) for name in OUTPUTS]
    both = overlap(*paths)
    return {
        "input": source.description(),
        "cleaning": tally.record(),
        "account": _account(tally, train, valid),
        "overlap": both,
        "outputs": {
            name: dict(part.record(), **manifest.record(path, part.sha256()))
            for name, path, part in zip(OUTPUTS, paths, parts)
        },
        "ended": train_size is None or train.lines < train_size,
        "notes": list(tally.messages()) + list(_notes(train, both)),
    }


def _account(tally: Tally, train: "_Part", valid: "_Part") -> Dict[str, int]:
    """Where the lines and words that were read have gone."""
    return {
        "lines_in": train.lines + valid.lines + tally.dropped_lines,
        "words_in": train.words + valid.words + tally.dropped_words,
        "lines_trained": train.lines,
        "words_trained": train.words,
        "lines_held_out": valid.lines,
        "words_held_out": valid.words,
        "lines_dropped": tally.dropped_lines,
        "words_dropped": tally.dropped_words,
    }


def _notes(train: "_Part", both: Dict[str, int]) -> Iterator[str]:
    """What the two files themselves tell."""
    if train.documents > 10 and train.lines < 1.1 * train.documents:
        yield (
            f"nearly every line stands alone between blank lines ({amount(train.documents, 'document')} of one "
            f"line): if "
            "the blank lines separate no documents, build the examples with blanks_separate_docs=False"
        )
    if both["alike"]:
        share = both["alike"] / both["lines"]
        warning = "; results on the held-out text will look better than they are" if share > MUCH_OVERLAP else ""
        yield (
            f"{format(both['alike'], ',')} of {amount(both['lines'], 'held-out line')} ({share:.1%}) stand in "
            f"the training "
            f"text too ({format(both['exact'], ',')} of them to the letter){warning}"
        )


def _reported(
    batches: Iterator[List[str]], needed: Optional[int], report: Reporter, source: Source
) -> Iterator[List[str]]:
    """The ``batches``, told to ``report``."""
    left = needed
    for batch in batches:
        count = len(batch) - batch.count("")
        if left is not None:
            count = min(count, left)
            left -= count
        report.advance(count, **source.progress())
        yield batch


def _words(data: bytes, text: str, lines: int) -> int:
    """How many words ``text`` of so many clean lines has, which is ``data`` in UTF-8: where all white space is single
    spaces, one more a line than those."""
    if b"  " in data or has_wide_spaces(data):
        return len(text.split())
    return data.count(b" ") + lines


class _Part:
    """One of the two output files, and what is in it."""

    def __init__(self, file: Any) -> None:
        self._file, self._sha256, self._document = file, hashlib.sha256(), None
        self._waiting: List[str] = []  # lines, and "" between documents
        self.lines = self._counted_lines = self.documents = self.words = 0

    def add(self, document: int, lines: List[str]) -> None:
        """Write lines of a document, after a blank line where another document came before."""
        if document != self._document:
            if self.documents:
                self._waiting.append("")
            self._document = document
            self.documents += 1
        self._waiting += lines
        self.lines += len(lines)
        if self.lines - self._counted_lines >= WRITE_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if not self._waiting:
            return
        text = "\n".join(self._waiting) + "\n"
        data = text.encode("utf-8")
        self._file.write(data)
        self._sha256.update(data)
        self.words += _words(data, text, self.lines - self._counted_lines)
        self._counted_lines = self.lines
        self._waiting.clear()

    def sha256(self) -> str:
        """Of what was written."""
        return self._sha256.hexdigest()

    def record(self) -> Dict[str, int]:
        """What was written, in numbers."""
        return {"lines": self.lines, "documents": self.documents, "words": self.words}


def _summary(made: Dict[str, Any], name: str) -> Iterator[str]:
    """What the user should know: one sentence each."""
    train, valid = (made["outputs"][output] for output in OUTPUTS)
    yield (
        f"{amount(train['lines'], 'line')} ({amount(train['words'], 'word')}) to train on, "
        f"{amount(valid['lines'], 'line')} "
        f"held out, from {name}"
    )
    asked = made["parameters"]["train_size"]
    if asked is not None and made["ended"]:
        yield f"that is all the text there is; {amount(asked, 'line')} were asked for"
    for note in made["notes"]:
        yield note
