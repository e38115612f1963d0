"""How good predicted labels are: scikit-learn counts labels, seqeval whole entities, SciPy ranks scores."""

import collections
from typing import Any, Dict, List, Sequence

from helpers.base.errors import TutorialError
from helpers.finetuning.tasks import SCORES, TOKENS
from helpers.finetuning.tasks.remarks import is_entities

# What counts in a run, and in words.
MAIN = {"accuracy": "accuracy", "entity_f1": "F1 of entities", "pearson": "Pearson's correlation"}


def evaluate(kind: str, labels: Sequence[str], true: Sequence, predicted: Sequence) -> Dict[str, Any]:
    """Compare ``predicted`` with ``true``: sequences of labels, for a task on words sequences of sequences of them, for
    scores sequences of numbers.

    Returns a dict: ``main``, the name of the metric that counts; ``accuracy`` (of words or sentences);
    ``macro_f1``, the mean F1 of all labels that occur; ``entity_f1``, ``entity_precision``, ``entity_recall``
    where labels mark entities; ``count`` (words or sentences); ``rows``, for each label (or kind of entity)
    ``[label, precision, recall, F1, how often]``; ``labels`` and ``confusion``, a list of lists with counts,
    a row for each true label and a column for each predicted one.  For scores ``pearson`` (main) and ``spearman``,
    from -1 to 1, ``mean_error``, how far off a score is on average, ``count``, and ``scores``, the true ones and the
    predicted; ``rows`` is empty.
    """
    if kind == SCORES:
        return _scores(true, predicted)
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    if kind == TOKENS:
        flat_true = [label for sentence in true for label in sentence]
        flat_predicted = [label for sentence in predicted for label in sentence]
    else:
        flat_true, flat_predicted = list(true), list(predicted)
    if not flat_true:
        raise TutorialError("there is nothing to evaluate: the set holds no label")
    occurring = set(flat_true).union(flat_predicted)
    seen = [label for label in labels if label in occurring]
    pairs = collections.Counter(zip(flat_true, flat_predicted))
    parts = precision_recall_fscore_support(flat_true, flat_predicted, labels=seen, average=None, zero_division=0)
    rows = [[label] + [float(part[n]) for part in parts[:3]] + [int(parts[3][n])] for n, label in enumerate(seen)]
    result = dict(
        main="accuracy",
        accuracy=float(accuracy_score(flat_true, flat_predicted)),
        macro_f1=sum(row[3] for row in rows) / len(rows),
        count=len(flat_true),
        rows=rows,
        labels=seen,
        confusion=[[pairs[label, other] for other in seen] for label in seen],
    )
    if kind == TOKENS and is_entities(labels):
        result.update(_entities(true, predicted), main="entity_f1")
    return result


def _scores(true, predicted):
    """Correlations of scores; 0 where one side is always the same, which says nothing."""
    import numpy as np
    from scipy.stats import rankdata

    true, predicted = np.asarray(true, float), np.asarray(predicted, float)
    if not len(true):
        raise TutorialError("there is nothing to evaluate: the set holds no score")

    def correlation(first, second):
        constant = np.ptp(first) == 0 or np.ptp(second) == 0
        return 0.0 if constant else float(np.corrcoef(first, second)[0, 1])

    return dict(
        main="pearson",
        pearson=correlation(true, predicted),
        spearman=correlation(rankdata(true), rankdata(predicted)),
        mean_error=float(np.abs(true - predicted).mean()),
        count=len(true),
        rows=[],
        scores=[[round(float(value), 4) for value in values] for values in (true, predicted)],
    )


def numbers(evaluation: Dict[str, Any]) -> Dict[str, float]:
    """The single numbers of an evaluation, without its rows and matrix."""
    return {name: value for name, value in evaluation.items() if isinstance(value, (int, float))}


def _entities(true, predicted):
    """Precision, recall and F1 of whole entities, counted as in CoNLL's shared tasks."""
    try:
        from seqeval.metrics import classification_report
    except ImportError:
        raise TutorialError(
            "labels that mark entities are counted with seqeval, which this Python does not have: pip install seqeval, "
            "or run in the project's own environment (make env)"
        )
    true, predicted = _as_iobes(true), _as_iobes(predicted)
    if not any(label != "O" for sentence in true + predicted for label in sentence):
        return dict(entity_precision=0.0, entity_recall=0.0, entity_f1=0.0, rows=[])  # seqeval would warn
    report = classification_report(true, predicted, output_dict=True, zero_division=0)
    whole = report.get("micro avg", {"precision": 0.0, "recall": 0.0, "f1-score": 0.0})
    rows = [
        [name] + [float(values[part]) for part in ("precision", "recall", "f1-score")] + [int(values["support"])]
        for name, values in report.items()
        if not name.endswith(" avg")
    ]
    found = {f"entity_{part}": float(whole[part]) for part in ("precision", "recall")}
    return dict(found, entity_f1=float(whole["f1-score"]), rows=rows)


def _as_iobes(sentences: Sequence[Sequence[str]]) -> List[List[str]]:
    """Labels as seqeval takes them: lists, and BILOU's L and U under their names in BIOES, E and S."""
    marks = {"L-": "E-", "U-": "S-"}
    return [[marks.get(label[:2], label[:2]) + label[2:] for label in sentence] for sentence in sentences]
