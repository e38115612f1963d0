"""README.md of a fine-tuned model: what it does, what it learned from, how good it is, how to load it."""

from .data import TOKENS

LOADING = """\
```python
from helpers import finetuning

model = finetuning.load("FOLDER")
print(model.predict(["Los pájaros cantan."]))
```

or with transformers alone: `{architecture}.from_pretrained("FOLDER")`{since}.
"""


def card(labelled, result):
    """The text of the card; ``result`` is what ``finetuning.fit`` says, with ``model`` (a name) and ``start``."""
    words = labelled.kind == TOKENS
    judged, settings = result["test"], result["settings"]
    begun = (
        "the pre-trained discriminator of %s" % result["model"]
        if result["start"] == "pretrained"
        else "random weights in the shape of %s (for comparison; not pre-trained)" % result["model"]
    )
    numbers = [(name, judged[name]) for name in sorted(judged) if isinstance(judged[name], float)]
    sizes = result["data"]["sentences"]
    task = "token-classification" if words else "text-classification"
    parts = [
        "---\nlibrary_name: transformers\npipeline_tag: %s\ntags:\n- electra\n---\n" % task,
        "# ELECTRA, fine-tuned: %s\n" % ("a label for each word" if words else "a label for each sentence"),
        "Fine-tuned from %s. Labels: %s.\n" % (begun, ", ".join("`%s`" % label for label in labelled.labels)),
        "## Data\n",
        "%s: %d sentences to learn from, %d to stop by, %d to be judged by.\n"
        % (labelled.source or "Labelled sentences", sizes["train"], sizes["valid"], sizes["test"]),
        "## Settings\n",
        _table(["setting", "value"], settings.items()),
        "The weights are those of round %d of %d.\n" % (result["best"], len(result["history"])),
        "## Results on the test set\n",
        _table(["", "value"], numbers),
        _table(["label", "precision", "recall", "F1", "count"], judged["rows"]),
        "## How to load\n",
        LOADING.format(
            architecture="ElectraForTokenClassification" if words else "ElectraForSequenceClassification",
            since="" if words else " (transformers 3 and newer)",
        ),
        "## Limits\n",
        "- It was judged on text of the kind that it was trained on; on other text it will do worse.\n"
        "- It repeats what its labels and its text are like, mistakes and prejudices included.\n"
        + ("- A word's label is read off its first piece.\n" if words else ""),
    ]
    return "\n".join(parts)


def _table(headings, rows):
    lines = ["| %s |" % " | ".join(headings), "|%s" % ("---|" * len(headings))]
    lines += ["| %s |" % " | ".join(map(_said, row)) for row in rows]
    return "\n".join(lines) + "\n"


def _said(cell):
    return "%.4g" % cell if isinstance(cell, float) else str(cell).replace("|", "\\|")
