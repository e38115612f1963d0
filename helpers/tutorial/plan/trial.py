"""How long a step takes on the machine at hand: measured, by training some steps on made-up text.

The words are drawn at random, and nothing of what is trained is kept: it is the time that counts.  Lines are as long
as those of film subtitles, so that there is as much padding where a sentence is an example of its own.
"""

import os
import random
import statistics
import tempfile
from typing import Any, Dict, Mapping

from helpers import pretraining
from helpers.base import progress
from helpers.base.errors import TutorialError
from helpers.data import vocabulary
from helpers.data.vocabulary.vocab_file import SPECIAL_TOKENS
from helpers.environment import child, gpu
from helpers.pretraining.hyperparameters import halves

TITLE = "Trying the machine"
LINES, WORDS_A_LINE = 6000, 9  # film subtitles have some 9 tokens a line
# Steps that are trained, a quarter of them at a time; the first quarter, in which all is new, does not count.
STEPS = {"tiny": 80, "small": 12, "base": 8, "large": 8}
EXAMPLES = {"tiny": 64, "small": 32, "base": 8, "large": 4}  # at a time, on processors; a card gets the whole batch


class Silent:
    """A view that shows nothing of a child's progress."""

    def show(self, history: Any, settled: bool) -> None:
        pass


def seconds(settings: Mapping[str, Any], on_card: bool = False) -> float:
    """Seconds that a step takes here.

    Parameters
    ----------
    settings : dict
        ``hparams`` (hyperparameters by name, ``vocab_size`` among them) and ``one_sentence_per_example``.
    on_card : bool
        Whether the whole batch is tried at once, as a graphics card does it; else fewer examples at a time.
    """
    hparams = dict(settings["hparams"])
    size, batch = hparams["model_size"], hparams["train_batch_size"]
    tried = batch if on_card else min(batch, EXAMPLES[size])
    steps = STEPS[size]
    hparams.update(
        train_batch_size=tried, num_train_steps=steps, log_steps=steps // 4, save_checkpoints_steps=10**6, eval_steps=0,
        gradient_accumulation_steps=1, num_eval_steps=1,
        parallel_parts=1 if on_card else halves(tried, gpu.cores()),  # as a long run has it
    )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="electra-trial-") as folder, progress.reporter(TITLE) as report:
        report.start(f"{steps} steps of the {size} model", total=1, unit="trial")
        _examples(folder, hparams, settings["one_sentence_per_example"])
        made = pretraining.pretrain(folder, "trial", view=Silent(), **hparams)
        rates = [row["examples_per_second"] for row in made["metrics"] if row.get("event") == "train"][1:]
        if made["stopped"] or not rates:
            raise TutorialError("the trial was stopped: run this cell again")
        found = batch / statistics.median(rates)
        report.advance()
        report.result(said=f"{found:.2g} s a step of the {size} model with {batch} examples")
    return found


def _examples(folder: str, hparams: Dict[str, Any], one_sentence: bool) -> None:
    """Make ``folder`` a data folder of random words."""
    words = [f"w{number}" for number in range(hparams["vocab_size"] - len(SPECIAL_TOKENS))]
    os.makedirs(os.path.join(folder, "corpus"))
    wanted = dict(source="made up", do_lower_case=False, strip_accents=False)
    vocabulary.write(folder, [*SPECIAL_TOKENS, *words], wanted)
    draw = random.Random(0)
    with open(os.path.join(folder, "corpus", "train.txt"), "w", encoding="utf-8") as file:
        for _ in range(LINES):
            file.write(" ".join(draw.choices(words, k=WORDS_A_LINE)) + "\n")
    arguments = ["--corpus-dir", os.path.join(folder, "corpus"), "--vocab-file", os.path.join(folder, "vocab.txt")]
    arguments += ["--output-dir", os.path.join(folder, "pretrain_tfrecords")]
    arguments += [
        "--max-seq-length",
        hparams["max_seq_length"],
        "--one-sentence-per-example",
        str(one_sentence).lower(),
    ]
    child.run("helpers.data.dataset", arguments, view=Silent())
