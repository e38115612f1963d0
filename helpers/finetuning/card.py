"""README.md of a fine-tuned model: what it does, what it learned from, how good it is, how to load it."""

from typing import Any, Dict

from helpers.finetuning.tasks import SCORES, SENTENCES, TOKENS, Labelled

LOADING = """\
```python
from helpers import finetuning

model = finetuning.load("FOLDER")
print(model.predict(["Los pájaros cantan."]))
```

or with transformers alone: `{architecture}.from_pretrained("FOLDER")`{since}.
"""


def card(labelled: Labelled, result: Dict[str, Any]) -> str:
    """The text of the card; ``result`` is what ``finetuning.fit`` says, with ``model`` (a name) and ``start``."""
    words = labelled.kind == TOKENS
    does = {
        TOKENS: "a label for each word",
        SENTENCES: "a label for each sentence",
        SCORES: "a score for each sentence",
    }
    labels = f" Labels: {', '.join(f'`{label}`' for label in labelled.labels)}." * (labelled.kind != SCORES)
    found, settings = result["test"], result["settings"]
    begun = (
        f"the pre-trained discriminator of {result['model']}"
        if result["start"] == "pretrained"
        else f"random weights in the shape of {result['model']} (for comparison; not pre-trained)"
    )
    numbers = [(name, found[name]) for name in sorted(found) if isinstance(found[name], float)]
    sizes = result["data"]["sentences"]
    task = "token-classification" if words else "text-classification"
    parts = [
        f"---\nlibrary_name: transformers\npipeline_tag: {task}\ntags:\n- electra\n---\n",
        f"# ELECTRA, fine-tuned: {does[labelled.kind]}\n",
        f"Fine-tuned from {begun}.{labels}\n",
        "## Data\n",
        f"{labelled.source or 'Labelled sentences'}: {sizes['train']} sentences to learn from, "
        f"{sizes['valid']} to stop by, {sizes['test']} to test on.\n",
        "## Settings\n",
        _table(["setting", "value"], settings.items()),
        f"The weights are those of round {result['best']} of {len(result['history'])}.\n",
        "## Results on the test set\n",
        _table(["", "value"], numbers),
        _table(["label", "precision", "recall", "F1", "count"], found["rows"]) if found["rows"] else "",
        "## How to load\n",
        LOADING.format(
            architecture="ElectraForTokenClassification" if words else "ElectraForSequenceClassification",
            since="" if words else " (transformers 3 and newer)",
        ),
        "## Limits\n",
        "- It was tested on text of the kind that it was trained on; on other text it will do worse.\n"
        "- It repeats what its labels and its text are like, mistakes and prejudices included.\n"
        + ("- A word's label is read off its first piece.\n" if words else ""),
    ]
    return "\n".join(parts)


def _table(headings, rows):
    lines = [f"| {' | '.join(headings)} |", f"|{'---|' * len(headings)}"]
    lines += [f"| {' | '.join(map(_said, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _said(cell):
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell).replace("|", "\\|")
