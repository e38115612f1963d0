"""Languages: their names, where there is text in them, and how they are written.

A language that is not in :data:`LANGUAGES` can be trained as well, on text that ``CORPUS`` names.
"""

import re
from typing import Dict, List, NamedTuple

from helpers.base.errors import TutorialError
from helpers.data.corpus.sources import SPANISH

BUILT_IN = "sample"  # the built-in corpus, which is Spanish
WIKIPEDIA = "hf:wikimedia/wikipedia:config=20231101."  # and the language's code, as in docs/corpus.md
CULTURAX = "hf:uonlp/CulturaX:config="


class Script(NamedTuple):
    """How a language is written: UTF-8's bytes for a letter, and how many pieces a vocabulary needs at least.

    A script of syllables or of words has thousands of characters, and each of them is a piece.
    """

    name: str
    bytes: int
    pieces: int


LATIN = Script("Latin letters", 1, 0)
LETTERS = Script("letters of its own", 2, 0)  # Cyrillic, Greek, Arabic, Hebrew, Armenian
INDIC = Script("letters of its own", 3, 0)  # of India, Thailand and Georgia
SYLLABLES = Script("syllables", 3, 8000)
CHARACTERS = Script("Chinese characters", 3, 12000)


class Language(NamedTuple):
    """A language: its code and name, its code in OpenSubtitles and in Wikipedia ("" where it is not there)."""

    code: str
    name: str
    subtitles: str
    wikipedia: str
    script: Script

    def corpora(self) -> List[str]:
        """What ``CORPUS`` may be for it, what is proposed first.

        Film subtitles where OPUS has many, else Wikipedia, then CulturaX (the web), which asks for a login.
        """
        subtitles = [f"opensubtitles:{self.subtitles}"] if self.subtitles else []
        articles = [f"{WIKIPEDIA}{self.wikipedia}"] if self.wikipedia else []
        web = [f"{CULTURAX}{self.wikipedia}:column=text"] if self.wikipedia else []
        first = subtitles + articles if self.code in MANY_SUBTITLES else articles + subtitles
        return first + web


# Languages that OPUS has film subtitles in by the million lines and more; of the others Wikipedia comes first.
MANY_SUBTITLES = frozenset(
    "ar bg bs cs da de el en es et fa fi fr he hr hu id it nl no pl pt pt_br ro ru sk sl sr sv tr vi zh".split()
)
# Code, name, code in OpenSubtitles ("-": none), how it is written.  Wikipedia has the code of the first column, without
# what follows a _.
_ROWS = {
    LATIN: """
        af Afrikaans af|bs Bosnian bs|ca Catalan ca|cs Czech cs|cy Welsh -|da Danish da|de German de|en English en
        es Spanish es|et Estonian et|eu Basque eu|fi Finnish fi|fr French fr|ga Irish -|gl Galician gl|hr Croatian hr
        hu Hungarian hu|id Indonesian id|is Icelandic is|it Italian it|lt Lithuanian lt|lv Latvian lv|ms Malay ms
        nl Dutch nl|no Norwegian no|pl Polish pl|pt Portuguese pt|pt_br Brazilian_Portuguese pt_br|ro Romanian ro
        sk Slovak sk|sl Slovenian sl|sq Albanian sq|sr Serbian sr|sv Swedish sv|sw Swahili -|tl Tagalog tl
        tr Turkish tr|vi Vietnamese vi""",
    LETTERS: """
        ar Arabic ar|bg Bulgarian bg|el Greek el|fa Persian fa|he Hebrew he|hy Armenian hy|kk Kazakh kk
        mk Macedonian mk|ru Russian ru|uk Ukrainian uk|ur Urdu ur""",
    INDIC: "bn Bengali bn|hi Hindi hi|ka Georgian ka|ml Malayalam ml|ta Tamil ta|te Telugu te|th Thai th",
    SYLLABLES: "ko Korean ko",
    CHARACTERS: "ja Japanese ja|zh Chinese zh_cn",
}  # fmt: skip
LANGUAGES: Dict[str, Language] = {
    code: Language(code, name.replace("_", " "), subtitles.strip("-"), code.partition("_")[0], script)
    for script, rows in _ROWS.items()
    for code, name, subtitles in (row.split() for row in re.split(r"[|\n]", rows) if row.strip())
}


def find(code: str, corpus: str = "") -> Language:
    """The language with a code such as "es", "ES" or "pt-br"; ``corpus``: text that is named for it.

    Raises TutorialError where it is not known and there is no text named, and where the text is the built-in corpus
    and the language not Spanish.
    """
    known = LANGUAGES.get(code.strip().lower().replace("-", "_"))
    if known is None and not (corpus and re.match(r"[A-Za-z]{2,3}([_-]\w+)?$", code.strip())):
        raise TutorialError(
            f"LANGUAGE is {code!r}, and text is known for {', '.join(sorted(LANGUAGES))}: give one of these codes, or "
            "another language's code and its text in CORPUS"
        )
    if corpus == BUILT_IN and (known is None or known.code != SPANISH):
        raise TutorialError(
            f"CORPUS is {BUILT_IN!r}, which is Spanish, and LANGUAGE is {code!r}: leave CORPUS empty, or name text in "
            "that language"
        )
    code = code.strip().lower().replace("-", "_")
    return known or Language(code, code, "", "", LATIN)
