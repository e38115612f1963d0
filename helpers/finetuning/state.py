"""The state of a fine-tuning run: weights now and at their best, Adam's averages, and the rounds so far.

It is a safetensors file, whole or not there: tensors alone, which no reading can make run code.
"""

import json
import os
from typing import Any, Callable, Dict, List, Tuple

from helpers.base import files
from helpers.discriminator import loading

NOW, BEST, MEAN, SQUARE = "now.", "best.", "mean.", "square."


class State:
    """What of ``network`` and ``optimizer`` is kept in ``path`` (None: nothing) for the run that ``run`` describes."""

    def __init__(self, network, optimizer, path=None, run=None):
        self.network, self.optimizer, self.path = network, optimizer, path
        self.run = json.dumps(run, sort_keys=True)
        self.best = None

    def copy(self) -> Dict[str, Any]:
        """The network's weights as they are now, on the CPU."""
        return {name: value.detach().cpu().clone() for name, value in self.network.state_dict().items()}

    def resume(self, say: Callable[[str], None]) -> Tuple[List[Dict[str, Any]], int]:
        """``(history, best round)`` of the saved state of the same run, put in place; ``([], 0)`` where there is none.

        ``say`` takes a line worth reading.
        """
        if self.path is None or not os.path.isfile(self.path):
            return [], 0
        torch, _ = loading.libraries()
        from safetensors import safe_open

        try:
            with safe_open(self.path, framework="pt") as file:
                about = file.metadata() or {}
                if about.get("run") != self.run:
                    return [], 0
                tensors = {name: file.get_tensor(name) for name in file.keys()}
            history, best = json.loads(about["history"]), int(about["best"])
        except Exception as error:
            reason = " ".join(str(error).split())
            say(f"{self.path} is damaged ({reason}): the run begins again")
            return [], 0
        put(self.network, _under(NOW, tensors))
        self.best = _under(BEST, tensors)
        means, squares = _under(MEAN, tensors), _under(SQUARE, tensors)
        for name, parameter in self.network.named_parameters():
            if name in means:
                self.optimizer.state[parameter] = dict(
                    step=torch.tensor(float(history[-1]["steps"])),
                    exp_avg=means[name].to(parameter.device),
                    exp_avg_sq=squares[name].to(parameter.device),
                )
        return history, best

    def save(self, history: List[Dict[str, Any]], best: int) -> None:
        """Write the state after a round."""
        if self.path is None:
            return
        from safetensors.torch import save

        tensors = {NOW + name: value for name, value in self.copy().items()}
        tensors.update((BEST + name, value) for name, value in self.best.items())
        for name, parameter in self.network.named_parameters():
            averages = self.optimizer.state.get(parameter)
            if averages:
                tensors[MEAN + name] = averages["exp_avg"].cpu()
                tensors[SQUARE + name] = averages["exp_avg_sq"].cpu()
        about = dict(run=self.run, history=json.dumps(history), best=str(best))
        content = save({name: value.contiguous() for name, value in tensors.items()}, metadata=about)
        with files.write_aside(self.path, "wb") as file:
            file.write(content)

    def remove(self) -> None:
        """The run has ended: its state is no longer needed."""
        if self.path is not None and os.path.isfile(self.path):
            os.remove(self.path)


def put(network: Any, weights: Dict[str, Any]) -> None:
    """Give ``network`` the ``weights`` that :meth:`State.copy` took."""
    network.load_state_dict(weights)


def _under(prefix, tensors):
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
