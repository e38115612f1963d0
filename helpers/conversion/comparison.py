"""The proof of a conversion: every parameter, and TensorFlow's logits against PyTorch's."""

from typing import Any, Dict, Optional, Tuple

import numpy as np

from helpers.base.errors import TutorialError
from helpers.conversion.weights_map import ARCHITECTURES
from helpers.discriminator import held_out, loading
from helpers.discriminator.encoder import Encoder

DISCRIMINATOR_TOLERANCE = 1e-4
GENERATOR_TOLERANCE = 1e-3  # its logits are an order of magnitude larger, and nothing is decided on them
ROWS, LONGEST = 8, 64
MASKED_SHARE = 0.15
SEED = 20200310


def batch(
    encoder: Encoder, vocab_size: int, max_length: int, valid_file: Optional[str] = None
) -> Tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Token ids to compare on: held-out sentences, or random ids; some positions masked, some rows padded.

    Returns input_ids, input_mask, segment_ids (int32 [8, length]) and the masked positions (int32
    [8, 15% of length]).  ``encoder`` is of the exported folder.
    """
    draw = np.random.RandomState(SEED)
    length = min(LONGEST, max_length)
    rows = []
    if valid_file:
        rows = [encoder.encode(line).ids[:length] for line in held_out.sample(valid_file, ROWS)]
    while len(rows) < ROWS:
        # Every second row is full, the others end early and are padded.
        size = length if len(rows) % 2 == 0 else max(3, length * (len(rows) + 1) // (ROWS + 2))
        rows.append(draw.randint(0, vocab_size, size).tolist())
    input_ids = np.full([ROWS, length], encoder.pad_token_id, np.int32)
    input_mask = np.zeros_like(input_ids)
    positions = np.zeros([ROWS, max(1, int(MASKED_SHARE * length))], np.int32)
    for i, row in enumerate(rows):
        input_ids[i, : len(row)] = row
        input_mask[i, : len(row)] = 1
        positions[i] = np.sort(draw.randint(0, len(row), positions.shape[1]))
        input_ids[i, positions[i]] = encoder.mask_token_id
    return input_ids, input_mask, np.zeros_like(input_ids), positions


def check(
    component: str, folder: str, weights: Dict[str, np.ndarray], compared: Tuple, expected: Tuple
) -> Dict[str, Any]:
    """Load ``folder`` as a user would and compare it with what it was made from.

    Parameters
    ----------
    weights : dict of arrays by PyTorch name, as read from the checkpoint
    compared : what :func:`batch` returned
    expected : (mlm_logits [8, positions, vocab_size], disc_logits [8, length]) of TensorFlow

    Returns
    -------
    dict with ``difference``, the largest absolute one between logits; for the generator also
    ``difference_as_loaded``, before its layer norm gets TensorFlow's epsilon (transformers 2.8.0).

    Raises TutorialError when a parameter is not the checkpoint's, or the logits differ too much.
    """
    model = loading.load_model(folder, ARCHITECTURES[component])
    for name, parameter in model.named_parameters():
        if name not in weights:
            raise TutorialError(f"the PyTorch parameter {name} is filled by no TensorFlow variable")
        if not np.array_equal(parameter.detach().numpy(), weights[name]):
            raise TutorialError(f"the PyTorch parameter {name}, once loaded, is not what the checkpoint holds")
    input_ids, input_mask, _, positions = compared
    rows = [row[: int(mask.sum())].tolist() for row, mask in zip(input_ids, input_mask)]

    def difference():
        logits, mask = loading.logits(model, rows, model.config.pad_token_id)
        if component == "discriminator":
            # Logits of padding mean nothing.
            return float(np.abs((logits - expected[1][:, : logits.shape[1]])[mask == 1]).max())
        return float(np.abs(logits[np.arange(len(rows))[:, None], positions] - expected[0]).max())

    outcome, tolerance = {}, DISCRIMINATOR_TOLERANCE
    if component == "generator":
        outcome["difference_as_loaded"], tolerance = difference(), GENERATOR_TOLERANCE
        loading.match_layer_norm(model)
    outcome["difference"] = difference()
    if not outcome["difference"] <= tolerance:  # a NaN is caught as well
        raise TutorialError(
            f"TensorFlow's and PyTorch's logits of the {component} differ by {outcome['difference']:.1e}, more than "
            f"{tolerance:.0e}: the checkpoint was made by another graph, or with other settings (such as the number "
            "of heads) than the hyperparameters say"
        )
    return outcome
