"""An account of the text on its way to examples: what came in, what reached them, what was lost and why.

The builder counts while it works, writes the account into the manifest and says it; what is lost beyond a small share
is a warning with the remedy.
"""

import collections
from typing import Any, Dict, List, Mapping, Sequence

from helpers.data.vocabulary import UNKNOWN_SHARE, remedy, unknown_in_words

MOST_WORDS = 10  # unknown words that are named
REMEMBERED = 200000  # different unknown words that are counted; the rarest are forgotten beyond
LOST_SHARE = 0.05  # of the tokens, at truncation: from here on it is a warning


class Account:
    """Counts of the text; ``sentences`` and ``tokens`` are of the lines that have any token."""

    def __init__(self):
        self.sentences = self.tokens = self.truncated = self.unknown = self.wordless = self.long_words = 0
        self._words = collections.Counter()

    def add(self, sentences: int, tokens: int, wordless: int, unknown: int, unknown_words: Dict[str, int], long: int):
        """Count a chunk of text, see vocabulary.chunk_tokens.Sentences."""
        self.sentences += sentences
        self.tokens += tokens
        self.wordless += wordless
        self.unknown += unknown
        self.long_words += long
        self._words.update(unknown_words)
        if len(self._words) > 2 * REMEMBERED:
            self._words = collections.Counter(dict(self._words.most_common(REMEMBERED)))

    def as_dict(self, examples: int, parameters: Mapping[str, Any], vocabulary: Sequence[str]) -> Dict[str, Any]:
        """The account as it stands in the manifest; shares are between 0 and 1, of the tokens.

        ``parameters``: the manifest's; ``vocabulary``: its tokens, for the ``remedy`` where much is unknown.
        """
        tokens = max(1, self.tokens)
        words = [list(item) for item in sorted(self._words.items(), key=_by_count)[:MOST_WORDS]]
        helps = ""
        if self.unknown > UNKNOWN_SHARE * tokens:
            settings = parameters["do_lower_case"], parameters["strip_accents"]
            helps = remedy(vocabulary, *settings, [word for word, _ in words])
        return dict(
            lines=self.sentences + self.wordless,
            lines_without_words=self.wordless,
            tokens=self.tokens,
            reached=self.tokens - self.truncated,
            reached_share=round(1 - self.truncated / tokens, 6),
            truncated=self.truncated,
            truncated_share=round(self.truncated / tokens, 6),
            unknown=self.unknown,
            unknown_share=round(self.unknown / tokens, 6),
            unknown_words=words,
            long_words=self.long_words,
            long_words_cut=parameters["cut_long_words"],
            max_seq_length=parameters["max_seq_length"],
            examples=examples,
            remedy=helps,
        )


def _by_count(item):
    return -item[1], item[0]


def in_words(account: Dict[str, Any]) -> List[str]:
    """The account in sentences: one that sums it up, and one for each thing that is to be put right."""
    said = [
        f"{account['lines']:,} lines, {account['tokens']:,} tokens: {_percent(account['reached_share'])} reach the "
        f"{account['examples']:,} examples, {_percent(account['truncated_share'])} are lost at truncation, "
        f"{_percent(account['unknown_share'])} are [UNK]"
    ]
    if account["truncated_share"] > LOST_SHARE:
        said.append(
            f"warning: {_percent(account['truncated_share'])} of the tokens are lost: of a long line, and of the last "
            f"sentence of an example, what does not fit into {account['max_seq_length']} tokens is cut off; a larger "
            "max_seq_length loses less, and so do lines split into sentences (SPLIT_LINES of the corpus)"
        )
    if account["unknown_share"] > UNKNOWN_SHARE:
        said.append(unknown_in_words(account["unknown_share"], account["unknown_words"], account["remedy"]))
    if account["long_words"]:
        done = "were cut into parts of 200" if account["long_words_cut"] else "became [UNK] each"
        said.append(f"{account['long_words']:,} words have over 200 characters and {done}: is this text in words?")
    return said


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%" if share < 0.995 else f"{100 * share:.2f}%" if share < 1 else "100%"
