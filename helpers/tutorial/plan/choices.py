"""What is proposed: text, vocabulary, model, batch and steps for a language, a machine and so many hours.

The settings of each model size are those of the preset that was made for it (``quick`` for tiny, ``gpu`` for small,
``sample`` for the built-in corpus) or, for base and large, the paper's.  What is left is arithmetic: as many steps as
the machine makes in the time, the largest model that gets enough of them, as much text as they read, and as many parts
of a batch as memory wants.
"""

import math
import os
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Tuple

from helpers.base.errors import TutorialError
from helpers.data import vocabulary
from helpers.data.corpus.sources import SPANISH
from helpers.data.vocabulary import vocab_file
from helpers.pretraining import flops
from helpers.pretraining.hyperparameters import Hyperparameters, resolve
from helpers.tutorial import presets
from helpers.tutorial.chapters import QUICK_RATE, QUICK_STEPS
from helpers.tutorial.plan import costs
from helpers.tutorial.plan.languages import BUILT_IN, Language
from helpers.tutorial.plan.machines import CPU, Machine

SIZES = ("tiny", "small", "base")
# A model gets its turn from so many steps on.  Of tiny: fewer are not worth a start.  Of small: half of the preset
# gpu's.  Of base: a rule of thumb, an eighth of the paper's.  Nothing of this was measured.
LEAST = {"tiny": 100, "small": 5000, "base": 100000, "large": 100000}
SHORT_HOURS = 0.2  # within them Spanish gets the built-in corpus, which a model can learn in minutes
FOR_STEPS = 0.9  # of the hours; the rest is for evaluation and saving
PASSES = 2  # that training makes through its text, about; as in the presets quick and gpu
FEWEST_LINES, MOST_LINES = 100000, 200000000
LINES_A_PIECE = 50  # a vocabulary wants so many lines of text for each of its pieces
SAVE_SECONDS, KEPT = 600, 2  # between two checkpoints, and how many are kept
EVALUATIONS = 5
MEMORY_SHARE = 0.8  # of a machine's, that a run may fill
FASTER = {True: 4, False: 20}  # on a CPU, on a card: how much faster a larger model may compute than the one before
MULTILINGUAL_PIECES = 119547
PAPERS = dict(ONE_SENTENCE_PER_EXAMPLE=False, MAX_SEQ_LENGTH=128, TRAIN_BATCH_SIZE=256, LEARNING_RATE=2e-4)
PAPERS_GENERATOR = {"base": 1 / 3, "large": 1 / 4}

Pace = Callable[[Hyperparameters, bool], float]  # (hyperparameters, one sentence an example) to seconds a step


class Choice(NamedTuple):
    """What is proposed: parameters by name, where each is from, seconds a step, and the text that it reads."""

    values: Dict[str, Any]
    origins: Dict[str, str]
    seconds: float
    lines: int
    hparams: Hyperparameters

    @property
    def steps(self) -> int:
        return self.hparams.num_train_steps

    @property
    def tokens(self) -> float:
        """That are read in all, padding included."""
        return float(self.steps) * self.hparams.train_batch_size * self.hparams.max_seq_length

    def passes(self, lines: int, corpus: str, one_sentence: bool) -> float:
        """How often training reads a text of so many lines."""
        line = _share_of_an_example(corpus, one_sentence, self.hparams)
        return self.steps * self.hparams.train_batch_size / (line * lines)


def choose(written: Mapping[str, Any], language: Language, machine: Machine, hours: float, pace: Pace) -> Choice:
    """The proposal; what is ``written`` in the form (parameters by name) stands.

    Raises TutorialError where the time does not suffice for the smallest model.
    """
    corpus = written.get("CORPUS") or proposed_corpus(language, machine, hours)
    time, best, rate = FOR_STEPS * hours * 3600, None, None
    for size in [written["MODEL_SIZE"]] if "MODEL_SIZE" in written else SIZES:
        layer, origins = _recipe(size, corpus)
        hparams, one_sentence = _settled(layer, written)
        operations = flops.step_flops(hparams)
        if rate and time * rate * FASTER[machine.name == CPU] / operations < LEAST[size]:
            break
        seconds = pace(hparams, one_sentence)
        rate = operations / seconds
        if best is None or time / seconds >= LEAST[size]:
            best = (layer, origins, seconds)
    layer, origins, seconds = best
    steps = written.get("NUM_TRAIN_STEPS") or rounded(time / seconds)
    if steps < LEAST["tiny"] and "NUM_TRAIN_STEPS" not in written:
        hours = LEAST["tiny"] * seconds / FOR_STEPS / 3600
        raise TutorialError(
            f"HOURS is {written['HOURS']:g}, enough for {int(time / seconds)} steps of the {layer['MODEL_SIZE']} model "
            f"on {machine.name}: give {hours:.1g} or more, or say in NUM_TRAIN_STEPS how few will do"
        )
    return _completed(layer, origins, written, language, machine, corpus, steps, seconds)


def proposed_corpus(language: Language, machine: Machine, hours: float) -> str:
    """The text that is proposed; TutorialError where none is known."""
    if language.code == SPANISH and machine.name == CPU and hours <= SHORT_HOURS:
        return BUILT_IN
    if not language.corpora():
        raise TutorialError(f"no text is known for {language.name}: name some in CORPUS")
    return language.corpora()[0]


def pieces_of(vocab: str) -> int:
    """How many pieces a ``VOCAB`` has."""
    name, _, size = vocab.partition(":")
    if name == vocabulary.TRAIN:
        return int(size) if size.isdigit() else vocabulary.DEFAULT_SIZE
    if vocab == vocabulary.MULTILINGUAL:
        return MULTILINGUAL_PIECES
    path = vocabulary.expanded(vocab)
    return len(vocab_file.read(path)) if os.path.isfile(path) else vocabulary.DEFAULT_SIZE


def rounded(value: float) -> int:
    """A number cut to two digits: no more is known of it."""
    if value < 10:
        return int(value)
    unit = 10 ** (int(math.log10(value)) - 1)
    return int(value // unit * unit)


def _recipe(size: str, corpus: str) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """The settings that suit a model size, and where they are from."""
    name = {"tiny": "sample" if corpus == BUILT_IN else "quick", "small": "gpu"}.get(size)
    if name:
        found = presets.read(name)
        layer = {each: found[each] for each in [*PAPERS, "VOCAB"]}
        layer["HPARAMS"] = {key: value for key, value in found["HPARAMS"].items() if "eval" not in key}
        origin = f"as in the preset {name}"
    elif size in PAPERS_GENERATOR:
        layer = dict(PAPERS, VOCAB="train:30000", HPARAMS=dict(generator_hidden_size=PAPERS_GENERATOR[size]))
        origin = "the paper's"
    else:
        raise TutorialError(f"MODEL_SIZE is {size!r}: give tiny, small, base or large")
    layer.update(MODEL_SIZE=size, SEED=0)
    origins = dict(dict.fromkeys([*layer, *layer["HPARAMS"]], origin), SEED="as everywhere")
    return layer, origins if name else dict(origins, MAX_SEQ_LENGTH="a quarter of the paper's")


def _settled(layer: Mapping[str, Any], written: Mapping[str, Any]) -> Tuple[Hyperparameters, bool]:
    """The hyperparameters that a layer and the form come to, and whether a sentence is an example."""
    found = presets.settle([(layer, "")], {name: value for name, value in written.items() if name != "DRIVE"})
    hparams = resolve(dict(found.hparams, vocab_size=pieces_of(found.vocab)))
    return hparams, found.one_sentence_per_example


def _completed(
    layer: Dict[str, Any],
    origins: Dict[str, str],
    written: Mapping[str, Any],
    language: Language,
    machine: Machine,
    corpus: str,
    steps: int,
    seconds: float,
) -> Choice:
    """The layer with all that follows from the number of steps."""
    layer, origins = dict(layer, CORPUS=corpus, NUM_TRAIN_STEPS=steps), dict(origins)
    hparams, one_sentence = _settled(layer, written)
    size = layer["MODEL_SIZE"]
    enough = "" if size == SIZES[0] else f"gets {LEAST[size]:,} steps or more"
    few = "" if size == SIZES[-1] else "a larger one gets too few in the time"
    origins["MODEL_SIZE"] = ", ".join(filter(None, [enough, few]))
    origins["NUM_TRAIN_STEPS"] = f"what the machine makes in {FOR_STEPS:.0%} of the time"
    origins["CORPUS"] = f"what there is in {language.name}"
    line = _share_of_an_example(corpus, one_sentence, hparams)
    wanted = rounded(steps * hparams.train_batch_size / PASSES / line)
    layer["TRAIN_SIZE"] = min(MOST_LINES, max(FEWEST_LINES, wanted))
    origins["TRAIN_SIZE"] = f"read in about {PASSES} passes"
    if wanted != layer["TRAIN_SIZE"]:
        origins["TRAIN_SIZE"] = "the least that is proposed" if wanted < FEWEST_LINES else "the most that is proposed"
    lines = written.get("TRAIN_SIZE", layer["TRAIN_SIZE"])
    lines = layer["TRAIN_SIZE"] if isinstance(lines, str) else lines  # "all": how many is not known yet
    layer["VOCAB"], origins["VOCAB"] = vocabulary_for(layer["VOCAB"], origins["VOCAB"], lines, corpus, language)
    if steps <= QUICK_STEPS and layer["LEARNING_RATE"] > QUICK_RATE:
        layer["LEARNING_RATE"], origins["LEARNING_RATE"] = QUICK_RATE, "lower, for so few steps"
    further, why = _bookkeeping(hparams, machine, steps, seconds)
    layer["HPARAMS"] = dict(layer["HPARAMS"], **further)
    origins.update(why)
    return Choice(layer, origins, seconds, lines, _settled(layer, written)[0])


def _share_of_an_example(corpus: str, one_sentence: bool, hparams: Hyperparameters) -> float:
    """How much of an example a line of text fills."""
    return 1 if one_sentence else costs.text_of(corpus).tokens / hparams.max_seq_length


def vocabulary_for(vocab: str, origin: str, lines: int, corpus: str, language: Language) -> Tuple[str, str]:
    """``VOCAB`` and where it is from: the recipe's, fewer pieces for little text, more for many characters."""
    recipes = pieces_of(vocab)
    pieces = min(recipes, max(2000, rounded(lines / LINES_A_PIECE)))
    if pieces < language.script.pieces and corpus != BUILT_IN:
        return f"{vocabulary.TRAIN}:{language.script.pieces}", f"{language.script.name} want as many"
    if pieces == recipes or corpus == BUILT_IN:
        return vocab, origin
    return f"{vocabulary.TRAIN}:{pieces}", f"a piece for {LINES_A_PIECE} lines of text"


def _bookkeeping(
    hparams: Hyperparameters, machine: Machine, steps: int, seconds: float
) -> Tuple[Dict[str, Any], Dict[str, str]]:
    """Hyperparameters that change nothing of what is learned: evaluation, checkpoints, parts of a batch."""
    further = dict(
        eval_steps=max(1, steps // EVALUATIONS), num_eval_steps=20, eval_batch_size=min(128, hparams.train_batch_size),
        save_checkpoints_steps=max(1, rounded(SAVE_SECONDS / seconds)), keep_checkpoint_max=KEPT,
    )  # fmt: skip
    why = dict(
        eval_steps=f"{EVALUATIONS} looks at held-out text", num_eval_steps="enough for a look",
        eval_batch_size="as the batch, 128 at most", keep_checkpoint_max="little room on a drive",
        save_checkpoints_steps=f"about every {SAVE_SECONDS // 60} minutes",
    )  # fmt: skip
    parts = parts_for(hparams, machine)
    if parts > 1:
        further["gradient_accumulation_steps"] = parts
        why["gradient_accumulation_steps"] = f"so that a batch fits into {machine.name}'s memory"
    return further, why


def parts_for(hparams: Hyperparameters, machine: Machine) -> int:
    """In how many parts a batch is computed so that memory suffices: 1 where nothing is known of it."""
    fitting: List[int] = [part for part in _divisors(hparams.train_batch_size) if _fits(hparams, machine, part)]
    return fitting[0] if fitting else hparams.train_batch_size


def _divisors(batch: int) -> List[int]:
    return [part for part in range(1, batch + 1) if batch % part == 0]


def _fits(hparams: Hyperparameters, machine: Machine, parts: int) -> bool:
    return machine.memory is None or costs.memory(hparams, parts) <= MEMORY_SHARE * machine.memory
