"""Text and a vocabulary for tests of the data builder, and examples packed the slow and obvious way."""

import random

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = (
    "el la los pájaro pájaros está están cantando hablando agua niño niña y no sí que muy bien gracias señor".split()
)
SIGNS = [".", ",", "?", "!", "¿", "¡", "-", "'", "«", "»", "$", "^", "`", "中", "a", "b", "c", "n", "o", "s", "e", "r"]
TAILS = ["##" + piece for piece in "s es ando ndo a o e r n c b mente ción i í á ñ ú 1 2 z t l d m u p q v".split()]


def vocabulary(folder):
    """Write vocab.txt; its path."""
    path = folder / "vocab.txt"
    lower = [word for word in ["pajaro", "nino", "i"] if word not in WORDS]
    path.write_text("".join(token + "\n" for token in SPECIAL + WORDS + lower + SIGNS + TAILS), encoding="utf-8")
    return str(path)


def text(seed, lines, odd=False):
    """``lines`` lines of text, some of them blank; with ``odd`` also characters that tokenizers stumble over."""
    generator = random.Random(seed)
    odds = (
        "\t|\u00a0|\u200b|\u0301|x\u0301|\ufffd|\0|\x0b|\x0c|\x1c|\x85|\u2028|中文|𝔘|İ|ΑΣ|ΑΣ.Β|🙂|\U0001f972|ß|Å|²|"
        + "z" * 201
    )
    odds = odds.split("|") + ["á" * 40, "supercalifragilisticoespialidoso" * 2]
    result = []
    for _ in range(lines):
        words = [
            generator.choice(WORDS) + generator.choice(["", "", "s", "ción"]) for _ in range(generator.randint(1, 14))
        ]
        if odd:
            words += [generator.choice(odds) + generator.choice(["", "a"]) for _ in range(generator.randint(0, 3))]
            generator.shuffle(words)
        line = "".join(word + generator.choice([" ", " ", " ", ", ", "-", ".  "]) for word in words)
        result.append(generator.choice([line, line, line, line, line, line, line, line, " ", ""]) + "\n")
    return "".join(result)


def pack(files, tokenize, max_length, blanks, generator, cls, sep):
    """Examples of the texts of ``files`` as (ids, number of tokens, tokens in the first segment with its marks).

    This is what examples.Planner and fill have to equal, told sentence by sentence.
    """
    made, waiting, state = [], [], dict(target=max_length)

    def finish():
        limit = 100000 if generator.random() < 0.1 else (state["target"] - 3) // 2
        a, b = [], []
        for sentence in waiting:
            if not a or len(a) + len(sentence) < limit:
                a += sentence
            elif not b and len(a) < limit and generator.random() < 0.5:
                a += sentence
            else:
                b += sentence
        a = a[: max_length - 2]
        b = b[: max(0, max_length - len(a) - 3)]
        ids = [cls] + a + [sep] + (b + [sep] if b else [])
        made.append((ids + [0] * (max_length - len(ids)), len(ids), len(a) + 2))
        waiting.clear()
        state["target"] = generator.randint(5, max_length) if generator.random() < 0.05 else max_length

    for content in files:
        for line in content.split("\n"):
            ids = tokenize(line)
            if not line.strip():
                if blanks and any(waiting):
                    finish()
                continue
            waiting.append(ids)
            if sum(map(len, waiting)) >= state["target"]:
                finish()
        if any(waiting):
            finish()
    return made
