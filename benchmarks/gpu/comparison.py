"""How far losses and gradients of two processes are apart (see ``benchmarks.gpu.equality``); a table of rows."""

import json
import os
from typing import Dict, List

import numpy as np

GRADIENT, VARIABLE, MASKED = "gradient/", "variable/", "masked/"  # what names of arrays begin with
NEXT_TO_NOTHING = 1e-4  # of the whole gradient: a part smaller than that, as the keys' biases have, is rounding alone


def compared(one: Dict[str, np.ndarray], other: Dict[str, np.ndarray]) -> dict:
    """How far the arrays of two processes are apart: relative differences, the worst gradient's by name.

    ``same_masks`` says whether both drew the same masks, before any were given.
    """
    found = {name: float(abs(one[name] - other[name]) / abs(one[name])) for name in ("loss", "mlm_loss", "disc_loss")}
    norms, apart = {}, {}
    for name in one:
        if name.startswith(GRADIENT):
            norms[name] = float(np.linalg.norm(one[name]))
            apart[name] = float(np.linalg.norm(one[name].astype(np.float64) - other[name]))
    whole = float(np.linalg.norm(list(norms.values())))
    found["gradients"] = float(np.linalg.norm(list(apart.values()))) / whole
    shares = {name: apart[name] / max(norms[name], NEXT_TO_NOTHING * whole) for name in apart}
    worst = max(shares, key=lambda name: shares[name])
    found["worst_gradient"] = shares[worst]
    found["worst_gradient_of"] = worst[len(GRADIENT) :]
    found["same_masks"] = all(np.array_equal(one[name], other[name]) for name in one if name.startswith(MASKED))
    return found


def against_expected(found: Dict[str, np.ndarray], folder: str) -> Dict[str, float]:
    """Relative differences to the losses and the gradients' norm of the ``--reference``."""
    with open(os.path.join(folder, "expected.json"), encoding="utf-8") as file:
        expected = json.load(file)
    norm = np.linalg.norm([np.linalg.norm(value) for name, value in found.items() if name.startswith(GRADIENT)])
    ours = dict(
        total_loss=found["loss"], mlm_loss=found["mlm_loss"], disc_loss=found["disc_loss"], grad_norm_before_clip=norm
    )
    return {name: float(abs(value - expected[name]) / abs(expected[name])) for name, value in ours.items()}


def table(found: Dict[str, object]) -> List[str]:
    """The rows as Markdown, each with its share of PyTorch's best step for the same model."""
    rows = found.get("rows", [])
    best = {}
    for row in rows:
        model, whose = row["name"].split(", TensorFlow, ")[0].split(", PyTorch, ")[0], ", PyTorch, " in row["name"]
        if whose:
            best[model] = min(best.get(model, np.inf), row["step"])
    lines = ["| Step | ms | GB | of PyTorch's best |", "|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: row["name"]):
        model = row["name"].split(", TensorFlow, ")[0].split(", PyTorch, ")[0]
        share = f"{row['step'] / best[model]:.2f}" if model in best else ""
        lines.append(f"| {row['name']} | {1000 * row['step']:.2f} | {row['memory_gb']:.2f} | {share} |")
    return lines
