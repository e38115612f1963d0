"""The training loop of fine-tuning: rounds of steps, measured on held-out sentences, stopped early, resumable.

Order and dropout of a round are functions of (seed, round), so that a run that was killed and goes on from its
last round ends as one that was never disturbed.
"""

import math
import random
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from helpers.base.errors import TutorialError
from helpers.discriminator import loading
from helpers.finetuning import metrics
from helpers.finetuning.batches import IGNORED, Featurizer, batches, tensors
from helpers.finetuning.networks import set_dropout
from helpers.finetuning.state import State, put
from helpers.finetuning.tasks import SCORES, TOKENS, Example, Labelled, labels_of
from helpers.finetuning.tasks.example import number_of

PREDICT_BATCH = 64


class Settings(NamedTuple):
    """How a network is fine-tuned.  A round is a pass over the examples, and at least ``min_round_steps`` steps."""

    learning_rate: float = 3e-3  # its peak; for a small or base model 1e-4 to 3e-4
    batch_size: int = 16
    rounds: int = 15  # at most
    patience: int = 3  # stop after so many rounds without a better result on the validation set
    min_round_steps: int = 20  # a round over ten examples would hardly move the weights
    warmup: float = 0.1  # share of the steps in which the learning rate rises
    weight_decay: float = 0.01
    dropout: Optional[float] = None  # in the encoder; None: see networks.set_dropout
    max_length: Optional[int] = None  # tokens read at once; None: as many as the model was pre-trained with
    seed: int = 0


class Trained(NamedTuple):
    """``history``: a dict for each round (``round``, ``steps``, ``loss``, ``metric``); ``best``: the round whose
    weights the network has in the end; ``steps`` taken."""

    history: list
    best: int
    steps: int


def check(settings: Settings) -> None:
    """TutorialError for settings that cannot be."""
    for name in ("batch_size", "rounds", "patience", "min_round_steps"):
        if getattr(settings, name) < 1:
            raise TutorialError(f"{name} must be at least 1, not {getattr(settings, name)!r}")
    if not 0 < settings.learning_rate < 1:
        raise TutorialError(f"learning_rate must lie between 0 and 1, not {settings.learning_rate!r}")
    if settings.dropout is not None and not 0 <= settings.dropout < 1:
        raise TutorialError(f"dropout is a share, from 0 to below 1, not {settings.dropout!r}")
    if not 0 <= settings.warmup < 1:
        raise TutorialError(f"warmup is a share of the run, from 0 to below 1, not {settings.warmup!r}")


def device_of(torch: Any) -> str:
    """Where networks are trained: a GPU where PyTorch sees one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def train(
    network: Any,
    featurizer: Featurizer,
    labelled: Labelled,
    examples: Sequence[Example],
    settings: Settings,
    report: Any,
    state_file: Optional[str] = None,
    run: Optional[Dict[str, Any]] = None,
) -> Trained:
    """Fine-tune ``network`` in place on ``examples``; it ends with the weights of its best round.

    ``featurizer`` encodes for it, ``labelled.valid`` decides when to stop, ``report`` (a
    :class:`helpers.base.events.Reporter`) hears of each step.  With ``state_file`` the state is saved after every
    round, and a state of the same ``run`` (a dict that says what is trained on what) is gone on from.
    Returns :class:`Trained`.
    """
    check(settings)
    torch, _ = loading.libraries()
    features, _ = featurizer.features(examples)
    passes = max(1, math.ceil(settings.min_round_steps / math.ceil(len(features) / settings.batch_size)))
    round_steps = passes * math.ceil(len(features) / settings.batch_size)
    total = settings.rounds * round_steps
    network.to(device_of(torch))
    set_dropout(network, featurizer.kind, settings.dropout)
    optimizer = _optimizer(torch, network, settings)
    state = State(network, optimizer, state_file, run)
    history, best = state.resume(report.message)
    state.best = state.best or state.copy()
    report.start("Fine-tuning", total=total, unit="step", initial=len(history) * round_steps)
    with loading.threads_for(network, torch), torch.random.fork_rng(devices=[]):
        while not _finished(history, best, settings):
            number = len(history) + 1
            chance = random.Random(f"round:{settings.seed}:{number}")
            torch.manual_seed(chance.randrange(2**31))
            losses, step = [], len(history) * round_steps
            network.train()
            for _ in range(passes):
                for batch in batches(features, settings.batch_size, chance):
                    step += 1
                    for group in optimizer.param_groups:
                        group["lr"] = settings.learning_rate * schedule(step, total, settings.warmup)
                    losses.append(_step(torch, network, optimizer, batch, featurizer))
                    report.advance(loss=losses[-1])
            loss = sum(losses) / len(losses)
            if not math.isfinite(loss):
                raise TutorialError(
                    f"the loss is no longer a number in round {number}: take a lower learning_rate than "
                    f"{settings.learning_rate:g}"
                )
            found = evaluate(network, featurizer, labelled.valid)
            history.append(dict(round=number, steps=step, loss=round(loss, 6), metric=found[found["main"]]))
            before = max([row["metric"] for row in history[:-1]], default=0)
            if history[-1]["metric"] > before or before == 0:  # no entity found yet: that is no reason to stop
                best, state.best = number, state.copy()
            state.save(history, best)
        report.advance(total - len(history) * round_steps)  # what stopping early has saved
    put(network, state.best)
    state.remove()
    network.to("cpu").eval()
    return Trained(history, best, len(history) * round_steps)


def schedule(step: int, total: int, warmup: float) -> float:
    """The learning rate at ``step`` (from 1) as a share of its peak: a straight rise, then a straight fall."""
    rise = max(1, int(warmup * total))
    return step / rise if step <= rise else max(0.0, (total - step) / max(1, total - rise))


def predict(network: Any, featurizer: Featurizer, examples: Sequence[Example]) -> Tuple[List, List]:
    """The numbers of the best labels: a list for each example (words), or one number for each (sentences).

    Returns ``(labels, probabilities)``; a probability for each label that was given.
    """
    torch, _ = loading.libraries()
    features, owners = featurizer.features(examples)
    order = sorted(range(len(features)), key=lambda number: len(features[number].ids))
    found = [None] * len(features)
    was_training, device = network.training, next(network.parameters()).device
    network.eval()
    with torch.no_grad(), loading.threads_for(network, torch):
        for start in range(0, len(order), PREDICT_BATCH):
            chosen = order[start : start + PREDICT_BATCH]
            batch = [features[number] for number in chosen]
            *inputs, _ = tensors(batch, featurizer.encoder.pad_token_id, device)
            logits = network(*inputs)
            if featurizer.kind == SCORES:
                for number, value in zip(chosen, logits[:, 0].tolist()):
                    found[number] = featurizer.centre + featurizer.unit * value
                continue
            shares, best = torch.softmax(logits, dim=-1).max(dim=-1)
            for row, number in enumerate(chosen):
                places = features[number].places if featurizer.kind == TOKENS else ...
                found[number] = best[row][places].tolist(), shares[row][places].tolist()
    network.train(was_training)
    if featurizer.kind == SCORES:
        return found, []
    if featurizer.kind != TOKENS:
        return [label for label, _ in found], [share for _, share in found]
    labels, probabilities = [[] for _ in examples], [[] for _ in examples]
    for owner, (numbers, shares) in zip(owners, found):
        labels[owner] += numbers
        probabilities[owner] += shares
    return labels, probabilities


def evaluate(network: Any, featurizer: Featurizer, examples: Sequence[Example]) -> Dict[str, Any]:
    """What :func:`metrics.evaluate` says of the network on ``examples``.

    Labels that the network was not trained on may be among theirs; it gets them wrong.
    """
    kind, names = featurizer.kind, list(featurizer.numbers)
    found, _ = predict(network, featurizer, [Example(example.inputs, ()) for example in examples])
    if kind == SCORES:
        return metrics.evaluate(kind, names, [number_of(example.labels) for example in examples], found)
    said = [[names[number] for number in row] if kind == TOKENS else names[row] for row in found]
    labels = sorted(set(names).union(labels_of(kind, examples)))
    return metrics.evaluate(kind, labels, [example.labels for example in examples], said)


def _finished(history, best, settings):
    done = len(history)
    return done >= settings.rounds or (done > 0 and done - best >= settings.patience)


def _step(torch, network, optimizer, batch, featurizer):
    """One update; returns the loss before it."""
    device = next(network.parameters()).device
    *inputs, targets = tensors(batch, featurizer.encoder.pad_token_id, device)
    logits = network(*inputs)
    if featurizer.kind == SCORES:
        loss = torch.nn.functional.mse_loss(logits[:, 0], targets)
    else:
        loss = torch.nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]), targets.reshape(-1), ignore_index=IGNORED
        )
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    return loss.item()


def _optimizer(torch, network, settings):
    """AdamW; biases and layer norms do not decay."""
    groups = {True: [], False: []}
    for name, parameter in network.named_parameters():
        groups[not (name.endswith("bias") or "LayerNorm" in name)].append(parameter)
    decayed = dict(params=groups[True], weight_decay=settings.weight_decay)
    return torch.optim.AdamW([decayed, dict(params=groups[False], weight_decay=0.0)], lr=settings.learning_rate)
