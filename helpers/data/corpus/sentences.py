"""Lines that hold a paragraph or a document, split into sentences by rule, in any script.

    for batch in split_batches(batches, None, tally): ...

A sentence ends after . ! ? … and their sisters in other scripts, closing quotes and brackets included, where white
space and something that may begin a sentence follow (in Chinese and Japanese without white space).  Not after the
abbreviations and initials below, nor before a small letter.  What is still longer than an example can hold is cut at a
semicolon, comma or space.
"""

import itertools
import re
from typing import Iterable, Iterator, List, Optional

from helpers.data.corpus.account import Tally
from helpers.data.corpus.text import Continued

# Characters that some 128 tokens take: in scripts with spaces between words, and in those without.
LONG, LONG_UNSPACED = 400, 120
SAMPLE_LINES, SAMPLE_CHARACTERS = 400, 1 << 16  # at a file's beginning, which decide whether it is split
_CLOSING = "[\"'”’»)\\]」』）】›]*"
_END = re.compile(f"[.!?…؟۔।॥։።၊။៕]+{_CLOSING}\\s+|[。！？｡]+{_CLOSING}\\s*")
_BREAK = re.compile("[;:,،؛，、；：—–]\\s*|\\s+")
_ABBREVIATED = re.compile(
    "(?:^|[\\s(\"“«'])(?:[^\\W\\d_]|Sr|Sra|Srta|Sres|Dr|Dra|Da|Dña|Ud|Uds|Vd|Vds|EE|UU|Mr|Mrs|Ms|St|Prof|Ing|Lic|Gral|Cap"
    "|Col|Av|Avda|Art|art|Núm|núm|No|no|Nº|pág|págs|p|pp|ej|cf|vs|vol|cap|fig|tel|aprox|ca|c|z|Nr|bzw|usw|etc|M|Mme|Mlle)\\.$"
)


def split(line: str) -> List[str]:
    """The sentences of a line; the line alone where nothing in it ends a sentence and it is not too long."""
    sentences, start = [], 0
    for match in _END.finditer(line):
        after = line[match.end() : match.end() + 4].lstrip("\"'“‘«¿¡(—–- ")
        text = line[start : match.end()].rstrip()
        if after[:1].islower() or (text.endswith(".") and _ABBREVIATED.search(text[-12:])):
            continue
        if text:
            sentences.append(text)
        start = match.end()
    last = line[start:].strip()
    if last:
        sentences.append(last)
    return [piece for sentence in sentences for piece in _cut(sentence)]


def _cut(sentence: str) -> Iterator[str]:
    """Pieces of a sentence that an example can hold, where there are places to cut it."""
    most = _longest(sentence)
    while len(sentence) > most:
        places = [match.end() for match in _BREAK.finditer(sentence, 0, most) if match.end() > most // 3]
        strong = [place for place in places if not sentence[place - 2 : place].isspace() and _is_stop(sentence, place)]
        if not places:
            following = _BREAK.search(sentence, most)
            if following is None or following.end() >= len(sentence):
                break
            places = [following.end()]
        place = (strong or places)[-1]
        yield sentence[:place].strip()
        sentence = sentence[place:].strip()
    if sentence:
        yield sentence


def _is_stop(sentence: str, place: int) -> bool:
    return sentence[:place].rstrip()[-1:] in tuple(";:,،؛，、；：—–")


def _longest(text: str) -> int:
    return LONG if text.count(" ") * 20 > len(text) else LONG_UNSPACED


def are_paragraphs(lines: List[str]) -> bool:
    """Whether most of the text stands in lines that are longer than an example can hold."""
    lines = [line for line in lines if line]
    total = sum(map(len, lines))
    return total > 0 and 2 * sum(len(line) for line in lines if len(line) > _longest(line)) > total


def _worth_it(lines: List[str]) -> bool:
    """Whether lines are paragraphs in which sentences can be told apart."""
    if not are_paragraphs(lines):
        return False
    return 2 * sum(len(line) for line in lines if len(split(line)) > 1) > sum(map(len, lines))


def split_batches(batches: Iterable[List[str]], wanted: Optional[bool], tally: Tally) -> Iterator[List[str]]:
    """The batches of one file's lines, with long lines split.

    ``wanted``: whether to split; None finds out from the beginning.  Where that has no blank lines, and its
    lines are paragraphs, each line becomes a document of its own.
    """
    batches = iter(batches)
    if wanted is False:
        for batch in batches:
            yield batch
        return
    begun: List[str] = []
    for batch in batches:
        begun += batch
        if len(begun) > SAMPLE_LINES or sum(map(len, begun)) > SAMPLE_CHARACTERS:
            break
    sample = begun[: SAMPLE_LINES + 1]
    while len(sample) > 1 and sum(map(len, sample[:-1])) > SAMPLE_CHARACTERS:
        sample.pop()
    paragraphs = _worth_it(sample)
    documents = paragraphs and "" not in sample[:-1]
    for batch in itertools.chain([begun], batches):
        yield list(_split_all(batch, documents, tally)) if wanted or paragraphs else batch


def _split_all(batch: List[str], documents: bool, tally: Tally) -> Iterator[str]:
    for line in batch:
        sentences = split(line) if line else [""]
        goes_on = isinstance(line, Continued)
        if len(sentences) > 1:
            tally.split_lines += not goes_on
            tally.sentences += len(sentences)
        for sentence in sentences:
            yield sentence
        if documents and line and not goes_on:
            yield ""
