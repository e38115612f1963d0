"""Text in Turkish, for tests of what a run does with another language than Spanish."""

import itertools
import random

# Turkish puts the verb last: who, when, where, what is done.
WHO = "Ayşe|Mehmet|Zeynep|Öğretmen|Çocuk|Komşumuz|Dedem|Kız kardeşim".split("|")
WHEN = "bugün|her sabah|akşamları|şimdi|yazın".split("|")
WHERE = "evde|bahçede|okulda|köyde|mutfakta".split("|")
WHAT = "kitap okuyor|çay içiyor|şarkı söylüyor|elma yiyor|mektup yazıyor|resim yapıyor|müzik dinliyor".split("|")


def text():
    """Sentences of Turkish, a blank line after every tenth."""
    found = [f"{' '.join(words)}." for words in itertools.product(WHO, WHEN, WHERE, WHAT)]
    random.Random(0).shuffle(found)
    return "".join(line + ("\n\n" if number % 10 == 9 else "\n") for number, line in enumerate(found))
