"""What the benchmarks work on: text of any size, a vocabulary of 119,547 tokens, and data to train on.

Without arguments all of it is made here, so that the numbers need no network: text of the built-in
corpus, and its own vocabulary filled up with tokens that never occur.  ``--corpus`` and
``--vocab-file`` name real ones.
"""

import glob
import gzip
import itertools
import os
import shutil

from helpers.base.errors import TutorialError
from helpers.base.files import write_aside
from helpers.data import sample_corpus, vocabulary
from helpers.data.vocabulary import vocab_file

VOCAB_SIZE = 119547  # of bert-base-multilingual-cased, the article's vocabulary
BLOCK = 1 << 20


class Workload:
    """Files under ``folder``, made when they are first asked for.

    Parameters
    ----------
    folder : str
    corpus : str, optional
        Folder or file of .txt and .txt.gz files; repeated where more text is asked for than it has.
    vocab_file : str, optional
    """

    def __init__(self, folder, corpus=None, vocab_file=None):
        self.folder, self._corpus, self._vocab_file = folder, corpus, vocab_file
        os.makedirs(folder, exist_ok=True)

    @property
    def description(self):
        text = "text of %s" % os.path.basename(os.path.normpath(self._corpus)) if self._corpus else "built-in text"
        words = os.path.basename(self._vocab_file) if self._vocab_file else "its own words, filled up"
        return "%s; vocabulary of %s tokens (%s)" % (text, format(VOCAB_SIZE, ","), words)

    def text(self, megabytes):
        """A corpus folder with one file of ``megabytes`` x 10**6 bytes, to the end of a line; and its size."""
        folder = os.path.join(self.folder, "text-%d" % megabytes)
        path = os.path.join(folder, "text.txt")
        if not os.path.exists(path):
            os.makedirs(folder, exist_ok=True)
            with write_aside(path, "wb") as file:
                for block in self._lines(megabytes * 10**6):
                    file.write(block)
        return folder, os.path.getsize(path)

    def _lines(self, size):
        source = self._source_blocks()
        while size > 0:
            block = next(source)
            if len(block) > size:
                block = block[: block.rfind(b"\n", 0, size) + 1] or block[: block.find(b"\n") + 1]
                size = 0
            size -= len(block)
            yield block

    def _source_blocks(self):
        """Blocks of whole lines without end."""
        if self._corpus is None:
            base = os.path.join(self.folder, "base.txt")  # half a million lines, then the same again
            if not os.path.exists(base):
                sample_corpus.write(base, 500000, seed=1)
            paths = [base]
        elif os.path.isdir(self._corpus):
            paths = [path for path in sorted(glob.glob(os.path.join(self._corpus, "*"))) if ".txt" in path]
        else:
            paths = [self._corpus]
        if not any(os.path.getsize(path) for path in paths):
            raise TutorialError("There is no text in %s." % self._corpus)
        for path in itertools.cycle(paths):
            with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
                while True:
                    block = b"".join(file.readlines(BLOCK))
                    if not block:
                        break
                    yield block if block.endswith(b"\n") else block + b"\n"

    def vocab_file(self):
        """vocab.txt of VOCAB_SIZE tokens in a folder with its tokenizer_config.json."""
        path = os.path.join(self.folder, "vocab.txt")
        if os.path.exists(path):
            return path
        if self._vocab_file:
            vocabulary.prepare(self._vocab_file, self.folder)
            return path
        own = os.path.join(self.folder, "own")
        os.makedirs(os.path.join(own, "corpus"), exist_ok=True)
        sample_corpus.write(os.path.join(own, "corpus", "train.txt"), 100000, seed=1)
        vocabulary.prepare("train:3500", own)
        tokens = vocabulary.read(os.path.join(own, "vocab.txt"))
        tokens += ["[unused%d]" % number for number in range(VOCAB_SIZE - len(tokens))]
        shutil.copy(os.path.join(own, "tokenizer_config.json"), self.folder)
        vocab_file.write(path, tokens)
        return path
