"""Is it worth starting from a model of general text?  The same short run on a small domain, from it and from scratch.

    python -m benchmarks.domain
    python -m benchmarks.domain --general subtitles.txt.gz --domain recipes.txt --folder runs/recipes-domain

Without texts of one's own both come from the built-in dialogue: its scenes in which a doctor, a nurse, a vet or their
patients appear are the domain, all others the general text.  One model is trained on the general text; then each seed
trains two on the domain, equal in all but their first weights, with the vocabulary of the general text.

Writes FOLDER (texts, data, models; gone on from), --output with a row for each evaluation, and a table to stdout
"""

import argparse
import itertools
import os
import statistics
import sys

from helpers import environment, pretraining
from helpers.base import events, files, values
from helpers.base.errors import TutorialError
from helpers.data import corpus, dataset, sample_corpus, vocabulary
from helpers.plots.tables import Table

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORDS = (
    "médico médica médicos médicas doctor doctora doctores doctoras enfermera enfermeras enfermero enfermeros enfermo "
    "enferma enfermos enfermas paciente pacientes veterinario veterinaria"
).split()
STARTS = ("from scratch", "from general text")
LENGTH = 24
HPARAMS = dict(
    model_size="tiny", max_seq_length=LENGTH, train_batch_size=32, eval_batch_size=32, num_eval_steps=8,
    learning_rate=1e-3, mask_prob=0.2, disc_weight=20, generator_hidden_size=0.5, generator_layers=0.5, keep_best=False,
    model_hparam_overrides=dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_attention_heads=4),
)  # fmt: skip
LOSSES = ("mlm_loss", "disc_loss")


def is_of_domain(scene):
    """Whether a scene of the built-in dialogue is one of the domain."""
    return any(word.strip("¿?¡!.,").lower() in WORDS for line in scene for word in line.split())


def write_scenes(path, lines, of_domain, seed):
    """Write so many lines of scenes, of the domain or of all others, a blank line between them."""
    with files.write_aside(path) as file:
        for scene in itertools.islice(sample_corpus.scenes(seed), 1000 * lines):
            if is_of_domain(scene) == of_domain:
                scene = scene[:lines]
                file.write("\n".join(scene) + "\n\n")
                lines -= len(scene)
                if not lines:
                    return


def prepare(folder, text, train_size, valid_size, vocab):
    """Corpus, vocabulary and examples of ``text`` in ``folder``; returns the folder."""
    corpus.prepare(text, folder, train_size=train_size, valid_size=valid_size)
    vocabulary.prepare(vocab, folder)
    dataset.build(folder, max_seq_length=LENGTH, one_sentence_per_example=True)
    return folder


def measure(folder, general, domain, seeds, general_steps, steps, lines):
    """Rows of :func:`table`: one for each start, seed and evaluation."""
    texts = dict(general=general, domain=domain)
    for name, count in (("general", 10 * lines), ("domain", 2 * lines)):
        if texts[name] is None:
            texts[name] = os.path.join(folder, f"{name}.txt")
            if not os.path.isfile(texts[name]):
                os.makedirs(folder, exist_ok=True)
                write_scenes(texts[name], count, name == "domain", seed=len(name))
    data = {
        "general": prepare(os.path.join(folder, "general"), texts["general"], None, 300, "train:1500"),
        "domain": prepare(
            os.path.join(folder, "domain"), texts["domain"], lines, lines // 2,
            os.path.join(folder, "general", "vocab.txt"),
        ),
    }  # fmt: skip
    first = pretraining.finish(data["general"], "general", num_train_steps=general_steps, **HPARAMS)
    rows = []
    for seed, start in itertools.product(seeds, STARTS):
        run = dict(HPARAMS, num_train_steps=steps, eval_steps=max(1, steps // 10), seed=seed)
        if start == STARTS[1]:
            run["init_checkpoint"] = first["model_dir"]
        done = pretraining.finish(data["domain"], f"{start.replace(' ', '-')}-{seed}", **run)
        for row in done["metrics"]:
            if row["event"] == "eval":
                rows.append(dict(start=start, seed=seed, step=row["step"], **{n: round(row[n], 4) for n in LOSSES}))
    return rows


def table(rows):
    """For some steps the mean of each held-out loss from each start, with the range of the seeds."""
    steps = sorted({row["step"] for row in rows})
    lines = []
    for step in steps[:: max(1, len(steps) // 5)] + steps[-1:]:
        cells = [step]
        for loss, start in itertools.product(LOSSES, STARTS):
            values = [row[loss] for row in rows if row["step"] == step and row["start"] == start]
            cells.append(f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})")
        if not lines or lines[-1][0] != step:
            lines.append(cells)
    words = dict(mlm_loss="generator", disc_loss="discriminator")
    return Table(["step"] + [f"{words[loss]}, {start}" for loss, start in itertools.product(LOSSES, STARTS)], lines)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.domain", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--general",
        type=values.given,
        metavar="TEXT",
        help="default: the built-in dialogue without the domain's scenes",
    )
    parser.add_argument(
        "--domain",
        type=values.given,
        metavar="TEXT",
        help="default: the built-in dialogue's scenes about doctors and vets",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="a run with each (default: 0 1 2)")
    parser.add_argument("--general-steps", type=int, default=1000, help="of the model of general text (default: 1000)")
    parser.add_argument("--steps", type=int, default=200, help="on the domain (default: %(default)s)")
    parser.add_argument("--lines", type=int, default=600, help="of the domain, to train on (default: %(default)s)")
    parser.add_argument(
        "--folder", type=values.given, default=os.path.join(PROJECT, "runs", "domain"), help="default: runs/domain"
    )
    parser.add_argument(
        "--output",
        type=values.given,
        default=os.path.join(PROJECT, "benchmarks", "domain.json"),
        help="file of the results (default: benchmarks/domain.json)",
    )
    parser.add_argument(
        "--tensorflow", type=values.given, default="auto", help="as in the notebooks: auto, 1.15, kernel, 2"
    )
    arguments = parser.parse_args()

    def work(reporter):
        if (arguments.general is None) != (arguments.domain is None):
            raise TutorialError("give both texts, --general and --domain, or none of them")
        environment.setup(arguments.tensorflow)
        rows = measure(
            arguments.folder, arguments.general, arguments.domain, arguments.seeds, arguments.general_steps,
            arguments.steps, arguments.lines,
        )  # fmt: skip
        files.write_json(arguments.output, rows)
        print(table(rows))

    events.run(work)


if __name__ == "__main__":
    sys.exit(main())
