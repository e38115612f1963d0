"""Step 3: the corpus as pre-training examples.  Writes DATA_DIR/pretrain_tfrecords/ and valid_tfrecords/."""

import os
from typing import Any, Dict, Optional

from helpers.base.errors import TutorialError
from helpers.data.dataset import account
from helpers.data.dataset.manifest import check, corpus_files, parameters, up_to_date
from helpers.environment import child

# What of the corpus goes where.
PARTS = [("train", "train.txt", "pretrain_tfrecords"), ("valid", "valid.txt", "valid_tfrecords")]


def build(
    data_dir: str = "data",
    max_seq_length: int = 128,
    blanks_separate_docs: bool = True,
    one_sentence_per_example: bool = False,
    num_processes: Optional[int] = None,
    num_out_files: Optional[int] = None,
    seed: int = 0,
) -> Dict[str, Any]:
    """Make training and held-out examples from DATA_DIR/corpus, or find them made already.

    Parameters
    ----------
    data_dir : str
        Has corpus/train.txt, corpus/valid.txt (may be missing), vocab.txt and tokenizer_config.json,
        which says how to treat case and accents.
    max_seq_length : int
        Tokens in an example, 5 to 512, special tokens included.
    blanks_separate_docs : bool
        Whether a blank line ends a document; no example spans two documents.
    one_sentence_per_example : bool
        Each sentence alone, instead of sentences packed until an example is full.
    num_processes : int, optional
        Worker processes; by default as many as there are processors.  The outcome is the same.
    num_out_files : int, optional
        TFRecord files for the training examples; by default one for every 50 MB of text.
    seed : int
        Of all random choices.

    Returns
    -------
    dict
        ``train`` and ``valid`` (each with ``examples``, ``sentences``, ``tokens``, ``parameters``, ``seconds``,
        ``up_to_date``, ``account``: what of the text reached the examples, see account.py, and ``inputs`` and
        ``outputs``, records of files by name), and ``up_to_date``: whether both were there before.

    Raises
    ------
    TutorialError
        In one sentence, when an input is missing or a parameter makes no sense.
    """
    data_dir = os.path.abspath(os.path.expanduser(os.path.expandvars(os.fspath(data_dir))))
    for name, step in ("corpus", "corpus"), ("vocab.txt", "vocabulary"), ("tokenizer_config.json", "vocabulary"):
        if not os.path.exists(os.path.join(data_dir, name)):
            raise TutorialError(f"there is no {name} in {data_dir}: call {step}.prepare first")
    check(num_processes=num_processes)
    results = {}
    for part, text, folder in PARTS:
        path = os.path.join(data_dir, "corpus", text)
        if part == "train" or os.path.exists(path):
            files_wanted = num_out_files if part == "train" else None
            settings = dict(
                vocab_file=os.path.join(data_dir, "vocab.txt"),
                max_seq_length=max_seq_length,
                blanks_separate_docs=blanks_separate_docs,
                one_sentence_per_example=one_sentence_per_example,
                num_out_files=files_wanted,
                seed=seed,
            )
            results[part] = _build_part(part, path, os.path.join(data_dir, folder), settings, num_processes)
    return dict(results, up_to_date=all(result["up_to_date"] for result in results.values()))


def sample(data_dir: str = "data", count: int = 32) -> Dict[str, Any]:
    """The first ``count`` training examples that a run with seed 0 sees.

    Returns ``input_ids``, ``input_mask`` and ``segment_ids``, each int32, [count, positions].  Raises TutorialError
    where DATA_DIR has no training examples.
    """
    from helpers.data.records import RecordFiles  # needs NumPy, which a bare kernel does without

    return RecordFiles(os.path.join(os.fspath(data_dir), "pretrain_tfrecords")).read(0, count, seed=0)


def _build_part(part, path, folder, settings, num_processes):
    corpus_dir, name = os.path.split(path)
    paths = corpus_files(corpus_dir, name)
    manifest = up_to_date(folder, parameters(paths, **settings), paths)
    if manifest:
        print(f"{folder} is up to date: {manifest['examples']} examples.")
        print("\n".join(account.in_words(manifest["account"])))
        return dict(manifest, up_to_date=True)
    argv = ["--corpus-dir", corpus_dir, "--corpus-files", name, "--output-dir", folder]
    argv += ["--num-processes", num_processes or os.cpu_count() or 1]
    for name, value in settings.items():
        argv += [f"--{name.replace('_', '-')}", value] if value is not None else []
    title = f"Building {'training' if part == 'train' else 'held-out'} examples"
    return child.run("helpers.data.dataset", argv, title=title)
