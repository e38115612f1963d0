"""Which settings learn most in a given time?  Every candidate trains for the same CPU seconds and is then judged.

    python -m benchmarks.recipes --corpus texts/train.txt.gz --budget 1800 --only usual "one encoder"
    python -m benchmarks.recipes --corpus texts/train.txt.gz --pos tags.tsv.gz --only quick --seeds 0 1 2

The file of candidates is a JSON object: "usual", parameters of the notebook by name, and "candidates", a list of
objects with a "name" and what it changes of the usual ones; HPARAMS are changed name by name.  A candidate takes as
many steps as fit: the CPU seconds of a step and of a start are measured first, in short runs.  One that sets
NUM_TRAIN_STEPS takes so many; --budget has no effect on it, which is said, or refused where it is so with all.
Judged are the AUC per word on held-out sentences with one word swapped at random, the same for all candidates
(the AUC against a candidate's own generator depends on how hard that generator makes it), and the accuracy of
parts of speech after fine-tuning on --pos, at the learning rate (of RATES, the same for all) that did best on the
validation set.  With --pairs, minimal pairs of text that no candidate has seen are judged as well:

    python -m helpers.discriminator.pairs texts/valid.txt.gz --output pairs.tsv

Writes FOLDER/results.json (a row for each candidate and seed; what is in it is not done again), FOLDER/results.png,
and a table to stdout.
"""

import argparse
import math
import os
import resource
import sys

from helpers import conversion, discriminator, finetuning, pretraining
from helpers.base import events, files, values
from helpers.base.errors import TutorialError
from helpers.data import corpus, dataset, vocabulary
from helpers.discriminator import pairs, swaps
from helpers.finetuning import tasks
from helpers.plots.picture import BLUE, Picture, literal, styled
from helpers.tutorial import presets
from helpers.tutorial.presets import parameters

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CANDIDATES = os.path.join(PROJECT, "benchmarks", "recipes.json")
PARAMETERS = frozenset(
    "VOCAB MODEL_SIZE MAX_SEQ_LENGTH ONE_SENTENCE_PER_EXAMPLE TRAIN_BATCH_SIZE LEARNING_RATE HPARAMS "
    "NUM_TRAIN_STEPS".split()
)  # each candidate has all of them, of its own or from "usual"; without NUM_TRAIN_STEPS, as many as fit
SHORT = (4, 12, 120)  # steps of the runs that measure what a step costs: the first two, and a third unless …
ENOUGH = 12  # … they differ by so many CPU seconds, since what a start costs varies by one or two
RATES = (1e-3, 3e-3)  # of fine-tuning
PAIRS = 1000
BUDGET = 1800  # CPU seconds of training
METRICS = {
    "word_auc": "AUC per word",
    "pairs_mean": "minimal pairs told apart",
    "pos_accuracy": "accuracy of parts of speech",
}


def cpu_seconds():
    """CPU seconds of all processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def steps_within(budget, short):
    """How many steps ``budget`` CPU seconds are good for; ``short``: {steps: CPU seconds} of short runs."""
    (few, at_few), (many, at_many) = min(short.items()), max(short.items())
    step = (at_many - at_few) / (many - few)
    if step <= 0:
        raise TutorialError("runs of %d and %d steps took as long: too short to tell what one costs" % (few, many))
    return max(1, int((budget - (at_few - few * step)) / step))


def short_runs(cost):
    """``{steps: CPU seconds}`` of short runs, as many as tell what a step costs; ``cost(steps)`` makes one."""
    short = {}
    for count in SHORT:
        short[count] = cost(count)
        if short[count] - short[SHORT[0]] >= ENOUGH:
            break
    return short


def candidates(path, only=None):
    """The candidates of a JSON file by name, or ``only`` these in this order; filled up with the usual, and checked."""
    if not os.path.isfile(path):
        raise TutorialError("there is no file of candidates at %s; --candidates names it" % path)
    read = files.read_json(path)
    listed = read.get("candidates") if isinstance(read, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) and each.get("name") for each in listed):
        raise TutorialError('%s must hold a JSON object with a list "candidates" of objects that have a "name"' % path)
    found, usual = {}, _checked(path, "usual", read.get("usual", {}))
    for each in listed:
        name = each["name"]
        if name in found:
            raise TutorialError("%s: candidate %s is there twice" % (path, name))
        changes = {parameter: value for parameter, value in each.items() if parameter != "name"}
        found[name] = _changed(dict(NUM_TRAIN_STEPS=0), _changed(usual, _checked(path, "candidate " + name, changes)))
        left = sorted(PARAMETERS - set(found[name]))
        if left:
            raise TutorialError("%s: candidate %s has no %s" % (path, name, left[0]))
    missing = [name for name in only or () if name not in found]
    if missing:
        raise TutorialError("%s has no candidate %s" % (path, missing[0]))
    return {name: found[name] for name in only or found}


def _checked(path, whose, given):
    unknown = sorted(set(given) - PARAMETERS)
    if unknown:
        raise TutorialError("%s: %s sets %s, which is not one of: %s" % (
            path, whose, unknown[0], ", ".join(sorted(PARAMETERS))))  # fmt: skip
    return parameters.check(given)


def _changed(settings, changes):
    """``settings`` with ``changes``; where both have a dict, that one is changed in the same way."""
    changed = dict(settings)
    for name, value in changes.items():
        changed[name] = _changed(settings.get(name, {}), value) if isinstance(value, dict) else value
    return changed


def without_effect(chosen, budget):
    """A sentence for each candidate that ``budget`` (None: not given) has no effect on; TutorialError if it has none
    on any."""
    own = {name: settings["NUM_TRAIN_STEPS"] for name, settings in chosen.items() if settings["NUM_TRAIN_STEPS"]}
    if budget is not None and len(own) == len(chosen):
        name, steps = next(iter(own.items()))
        raise TutorialError(
            "--budget %g has no effect: %s sets NUM_TRAIN_STEPS to %d; leave --budget out" % (budget, name, steps)
        )
    return ["%s: NUM_TRAIN_STEPS is %d, so the budget has no effect on it" % item for item in own.items()]


class Search:
    """Trains and measures candidates in ``folder``."""

    def __init__(self, folder, corpus_source, budget, labelled, train_size=None, multilingual=None, minimal_pairs=()):
        self.folder, self.source, self.budget = os.path.abspath(folder), corpus_source, budget
        self.labelled, self.train_size = labelled, train_size
        self.vocabularies = {vocabulary.MULTILINGUAL: multilingual} if multilingual else {}
        self.pairs = minimal_pairs
        self.path = os.path.join(self.folder, "results.json")

    def run(self, chosen, seeds):
        """Rows of all candidates and seeds, in order."""
        rows = files.read_json(self.path, [])
        for seed in seeds:
            for name, settings in chosen.items():
                budget = None if settings["NUM_TRAIN_STEPS"] else self.budget
                key = dict(name=name, seed=seed, budget=budget, settings=settings, corpus=self.source)
                done = [row for row in rows if all(row.get(part) == value for part, value in key.items())]
                if not done or self.pairs and "pairs" not in done[0]:
                    rows = [row for row in rows if (row["name"], row["seed"]) != (name, seed)]
                    rows.append(dict(key, **self.train_and_measure(name, settings, seed)))
                    files.write_json(self.path, rows)
        wanted = [(name, seed) for name in chosen for seed in seeds]
        return sorted((row for row in rows if (row["name"], row["seed"]) in wanted), key=lambda row: -row["word_auc"])

    def train_and_measure(self, name, settings, seed):
        """Train one candidate for the budget; what came out."""
        data_dir = os.path.join(self.folder, name)
        corpus.prepare(self.source, data_dir, train_size=self.train_size, seed=0)
        source = self.vocabularies.get(settings["VOCAB"], settings["VOCAB"])
        vocabulary.prepare(source, data_dir)
        dataset.build(
            data_dir,
            max_seq_length=settings["MAX_SEQ_LENGTH"],
            one_sentence_per_example=settings["ONE_SENTENCE_PER_EXAMPLE"],
        )
        hparams = dict(presets.Settings(settings, {}).hparams, seed=seed)
        del hparams["num_train_steps"]  # set for each run
        steps = settings["NUM_TRAIN_STEPS"] or self._steps(data_dir, seed, hparams)
        result, used = self._train(data_dir, "seed-%d" % seed, hparams, steps)
        exported = conversion.convert(data_dir, "seed-%d" % seed)["discriminator"]["folder"]
        judged = discriminator.evaluate(discriminator.load(exported), swaps.pairs(data_dir, count=PAIRS, seed=1))
        row = dict(steps=steps, cpu_seconds=round(used, 1), parameters=_parameters(exported))
        row.update(word_auc=judged["auc"], own_auc=result["held_out"].get("disc_auc"), sentences=judged["sentences"])
        if self.pairs:
            told = pairs.told_apart(discriminator.load(exported), self.pairs)
            row["pairs"] = {name: found["share"] for name, found in told.items() if found["share"] is not None}
            row["pairs_mean"] = sum(row["pairs"].values()) / max(1, len(row["pairs"]))
        if self.labelled:
            tuning = finetuning.settings_of(dict(seed=seed))
            _, tuned = finetuning.fit_at_best_rate(
                exported, self.labelled, self.labelled.train, "pretrained", tuning, RATES
            )
            row.update(pos_accuracy=tuned["test"]["accuracy"], pos_learning_rate=tuned["settings"]["learning_rate"])
        return row

    def _steps(self, data_dir, seed, hparams):
        """How many steps fit into the budget, told by short runs."""
        short = short_runs(lambda count: self._train(data_dir, "short-%d-%d" % (seed, count), hparams, count)[1])
        return steps_within(self.budget, short)

    def _train(self, data_dir, name, hparams, steps):
        """``(result, CPU seconds)`` of a run, told apart from an earlier one that went on or was stopped."""
        path = os.path.join(data_dir, "models", name + ".cpu.json")
        kept = files.read_json(path, {})
        before = cpu_seconds()
        result = pretraining.finish(data_dir, name, **dict(hparams, num_train_steps=steps))
        used = cpu_seconds() - before
        if kept.get("hparams") == hparams and (kept.get("steps") == steps or name.startswith("short")):
            used += kept["seconds"]
        files.write_json(path, dict(hparams=hparams, steps=steps, seconds=used))
        return result, used


def _parameters(folder):
    return files.read_json(os.path.join(folder, "manifest.json"), {}).get("result", {}).get("parameters")


def table(rows):
    """Markdown, the best first."""
    names = ["Candidate", "Seed", "Steps", "CPU seconds", "AUC per word", "Minimal pairs", "Parts of speech"]
    lines = ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
    for row in rows:
        shares = ["%.4f" % row[name] if name in row else "" for name in ("pairs_mean", "pos_accuracy")]
        numbers = (row["name"], row["seed"], row["steps"], row["cpu_seconds"], row["word_auc"], *shares)
        lines.append("| %s | %d | %d | %.0f | %.4f | %s | %s |" % numbers)
    return "\n".join(lines)


@styled
def picture(rows):
    """Every candidate's metrics, the best on top; seeds are dots."""
    metrics = [name for name in METRICS if any(name in row for row in rows)]
    names = list(dict.fromkeys(row["name"] for row in rows))[::-1]
    first, last = rows[0], rows[-1]
    said = "AUC per word from %.3f (%s) to %.3f (%s)." % (
        last["word_auc"], last["name"], first["word_auc"], first["name"])  # fmt: skip
    made = Picture(1.9 + 3 * len(metrics), 0.3 * len(names) + 1.0, said)
    height = 0.3 * len(names) / made.get_figheight()
    for number, metric in enumerate(metrics):
        width = made.get_figwidth()
        axes = made.add_axes([(1.7 + 3 * number) / width, 0.6 / made.get_figheight(), 2.7 / width, height])
        shown = [row for row in rows if math.isfinite(row.get(metric, math.nan))]
        axes.plot([row[metric] for row in shown], [names.index(row["name"]) for row in shown], "o", color=BLUE)
        axes.set_yticks(range(len(names)))
        axes.set_yticklabels([literal(name) for name in names] if number == 0 else [])
        axes.set(xlabel=METRICS[metric], ylim=(-0.6, len(names) - 0.4))
    return made


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recipes", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--corpus",
        type=values.given,
        default="sample",
        help="text: a path, folder, glob or address (default: built in)",
    )
    parser.add_argument("--train-size", type=int, help="lines of it (default: all; of the built-in corpus 100,000)")
    parser.add_argument("--budget", type=float, help=f"CPU seconds of training each (default: {BUDGET})")
    parser.add_argument(
        "--candidates", type=values.given, default=CANDIDATES, help="JSON file (default: benchmarks/recipes.json)"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these candidates alone")
    parser.add_argument(
        "--pos", type=values.given, metavar="FILE", help="words and their parts of speech, to fine-tune on"
    )
    parser.add_argument("--pos-sentences", type=int, default=1000, help="of them (default: 1000)")
    parser.add_argument(
        "--pairs", type=values.given, metavar="FILE", help="minimal pairs, as helpers.discriminator.pairs writes them"
    )
    parser.add_argument(
        "--multilingual",
        type=values.given,
        metavar="FILE",
        help="the vocabulary of that name, where there is no network",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="a run with each (default: 0)")
    parser.add_argument(
        "--folder",
        type=values.given,
        default=os.path.join(PROJECT, "runs", "recipes"),
        help="where it works (default: runs/recipes)",
    )
    arguments = parser.parse_args()

    def work(reporter):
        chosen = candidates(arguments.candidates, arguments.only)
        for sentence in without_effect(chosen, arguments.budget):
            reporter.message(sentence)
        labelled = None
        if arguments.pos:
            labelled = tasks.load(tasks.TOKENS, arguments.pos)
            labelled = labelled._replace(train=tasks.few(labelled, arguments.pos_sentences, 0))
        size = arguments.train_size or (100000 if arguments.corpus == "sample" else None)
        search = Search(
            arguments.folder, arguments.corpus, arguments.budget or BUDGET, labelled, size, arguments.multilingual,
            pairs.read(arguments.pairs) if arguments.pairs else (),
        )  # fmt: skip
        rows = search.run(chosen, arguments.seeds)
        picture(rows).write(os.path.join(arguments.folder, "results.png"))
        print(table(rows))

    events.run(work)


if __name__ == "__main__":
    sys.exit(main())
