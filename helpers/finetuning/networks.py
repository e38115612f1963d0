"""The network that is fine-tuned: a pre-trained encoder under a thin head, in transformers 2.8.0 and 5.x alike.

The heads are our own, because 2.8.0 has none for sentences, but parameters bear the names that
``ElectraForTokenClassification`` and ``ElectraForSequenceClassification`` give them: a saved folder loads with
``from_pretrained`` as well.
"""

import functools
import os
import shutil
from typing import Any, Dict, List, Optional, Sequence, Tuple

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.discriminator import loading
from helpers.finetuning.tasks import KINDS, SCORES, SENTENCES, TOKENS

ARCHITECTURES = {
    TOKENS: "ElectraForTokenClassification",
    SENTENCES: "ElectraForSequenceClassification",
    SCORES: "ElectraForSequenceClassification",
}
REGRESSION = dict(problem_type="regression")  # what config.json says of a network for scores
PRETRAINED = ("ElectraForPreTraining", "ElectraForMaskedLM")
TOKENIZER_FILES = ("vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json")
HEAD_DROPOUT = 0.1
WORDS_DROPOUT = 0.2
NOT_WEIGHTS = ("position_ids", "token_type_ids")  # buffers that some versions of transformers save


def from_pretrained(folder: str, kind: str, labels: Sequence[str], seed: int = 0) -> Any:
    """A network on the encoder of the exported model in ``folder``; the head's weights are drawn with ``seed``."""
    found = (loading.read_config(folder).get("architectures") or ["?"])[0]
    if found not in PRETRAINED:
        raise TutorialError(f"{folder} holds a model for {found}; give a pre-trained one ({PRETRAINED[0]})")
    encoder = loading.load_model(folder, found).electra
    return _network(encoder, kind, len(labels), seed)


def from_scratch(folder: str, kind: str, labels: Sequence[str], seed: int = 0) -> Any:
    """A network of the same shape as the model in ``folder``, all its weights drawn with ``seed``."""
    torch, transformers = loading.libraries()
    with loading.quiet(transformers):
        config = transformers.ElectraConfig.from_pretrained(folder)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            encoder = transformers.ElectraModel(config)
    return _network(encoder, kind, len(labels), seed)


def save(network: Any, folder: str, base: str, kind: str, labels: Sequence[str], card: str) -> None:
    """Write ``network`` into ``folder`` (there, and empty): weights, config.json, tokenizer and README.md.

    ``base`` is the folder that the tokenizer is taken from, ``card`` the text of README.md.
    """
    torch, _ = loading.libraries()
    from safetensors.torch import save_file

    weights = {name: value.detach().cpu().contiguous().clone() for name, value in network.state_dict().items()}
    weights = {name: value for name, value in weights.items() if not name.endswith(NOT_WEIGHTS)}
    save_file(weights, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    torch.save(weights, os.path.join(folder, "pytorch_model.bin"))  # for from_pretrained of transformers 2.8.0
    config = loading.read_config(base)
    for name in ("replaced_threshold", "replaced_threshold_source"):
        config.pop(name, None)
    config.update(
        architectures=[ARCHITECTURES[kind]],
        num_labels=len(labels),
        id2label={str(number): label for number, label in enumerate(labels)},
        label2id={label: number for number, label in enumerate(labels)},
    )
    config.update(REGRESSION if kind == SCORES else {})
    files.write_json(os.path.join(folder, "config.json"), config)
    for name in TOKENIZER_FILES:
        if os.path.isfile(os.path.join(base, name)):
            shutil.copyfile(os.path.join(base, name), os.path.join(folder, name))
    with files.write_aside(os.path.join(folder, "README.md")) as file:
        file.write(card)


def load(folder: str) -> Tuple[Any, str, List[str]]:
    """``(network, kind, labels)`` of a folder that :func:`save` wrote; TutorialError when it is none."""
    torch, transformers = loading.libraries()
    from safetensors.torch import load_file

    config = loading.read_config(folder)
    found = (config.get("architectures") or ["?"])[0]
    regression = config.get("problem_type") == REGRESSION["problem_type"]
    kinds = [kind for kind, name in ARCHITECTURES.items() if name == found and (kind == SCORES) == regression]
    kind = kinds[0] if kinds else None
    if kind is None:
        raise TutorialError(f"{folder} holds a model for {found}, not a fine-tuned one: fine-tune it first")
    try:
        labels = [config["id2label"][str(number)] for number in range(len(config["id2label"]))]
        with loading.quiet(transformers):
            encoder = transformers.ElectraModel(transformers.ElectraConfig.from_pretrained(folder))
        network = _network(encoder, kind, len(labels), 0)
        weights = load_file(os.path.join(folder, "model.safetensors"))
        restore(network, weights)
    except TutorialError:
        raise
    except Exception as error:
        raise TutorialError(f"{folder} cannot be loaded ({' '.join(str(error).split())}): fine-tune it again")
    return network.eval(), kind, labels


def as_measured(network: Any, centre: float, unit: float) -> None:
    """Let a network that was trained on (score - ``centre``) / ``unit`` give the scores themselves."""
    torch, _ = loading.libraries()
    last = network.classifier.out_proj
    with torch.no_grad():
        last.weight.mul_(unit)
        last.bias.mul_(unit).add_(centre)


def set_dropout(network: Any, kind: str, share: Optional[float] = None) -> None:
    """Let the encoder of ``network`` drop that ``share`` in training: of its embeddings, attention and layers' outputs.

    None leaves it as in pre-training, but gives words WORDS_DROPOUT where that had none, as short runs do best
    without.  The head's own dropout is not touched.
    """
    torch, _ = loading.libraries()
    if share is None:
        if kind != TOKENS or network.config.hidden_dropout_prob:
            return
        share = WORDS_DROPOUT
    for module in network.electra.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share


def restore(network: Any, weights: Dict[str, Any]) -> None:
    """Put ``weights`` (tensors by name) into ``network``; TutorialError unless every parameter is there, in shape."""
    own = {name for name in network.state_dict() if not name.endswith(NOT_WEIGHTS)}
    given = {name for name in weights if not name.endswith(NOT_WEIGHTS)}
    if own != given:
        names = ", ".join(sorted(own ^ given)[:5])
        raise TutorialError(f"the weights are of another network: missing or left over: {names}")
    network.load_state_dict(weights, strict=False)


def _network(encoder, kind, count, seed):
    if kind not in KINDS:
        raise TutorialError(f"the kind of a task is one of {', '.join(KINDS)}, not {kind!r}")
    torch, _ = loading.libraries()
    tagger, classifier = _classes()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return (tagger if kind == TOKENS else classifier)(encoder, count)


@functools.lru_cache(maxsize=None)
def _classes():
    """The two networks, defined once PyTorch is there."""
    torch, _ = loading.libraries()

    def dense(config, outputs):
        layer = torch.nn.Linear(config.hidden_size, outputs)
        torch.nn.init.normal_(layer.weight, std=config.initializer_range)
        torch.nn.init.zeros_(layer.bias)
        return layer

    class Tagger(torch.nn.Module):
        """Logits [batch, length, labels] (float32) for every token."""

        def __init__(self, electra, labels):
            super().__init__()
            self.config, self.electra = electra.config, electra
            self.dropout = torch.nn.Dropout(HEAD_DROPOUT)
            self.classifier = dense(electra.config, labels)

        def forward(self, input_ids, attention_mask, token_type_ids):
            hidden = self.electra(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]
            return self.classifier(self.dropout(hidden))

    class Head(torch.nn.Module):
        """What stands on [CLS]: dense, gelu, dense."""

        def __init__(self, config, labels):
            super().__init__()
            self.dense = dense(config, config.hidden_size)
            self.dropout = torch.nn.Dropout(HEAD_DROPOUT)
            self.out_proj = dense(config, labels)

        def forward(self, hidden):
            hidden = self.dense(self.dropout(hidden[:, 0]))
            return self.out_proj(self.dropout(torch.nn.functional.gelu(hidden)))

    class Classifier(torch.nn.Module):
        """Logits [batch, labels] (float32) for every sentence."""

        def __init__(self, electra, labels):
            super().__init__()
            self.config, self.electra = electra.config, electra
            self.classifier = Head(electra.config, labels)

        def forward(self, input_ids, attention_mask, token_type_ids):
            hidden = self.electra(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]
            return self.classifier(hidden)

    return Tagger, Classifier
