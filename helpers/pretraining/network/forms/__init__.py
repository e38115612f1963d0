"""The two forms of a step, which compute the same: for a CPU and for a GPU.

What differs is how much is kept, computed again, or written between two products.  Each form has the same functions;
``electra.py`` calls them and knows nothing of devices.
"""

from typing import Any, Optional, Union

from helpers.pretraining.network.forms.card import CardForm
from helpers.pretraining.network.forms.cpu import CpuForm

Form = Union[CpuForm, CardForm]


def choose(static_shapes: bool, kind: Optional[Any] = None) -> Form:
    """The form for a GPU where ``static_shapes``, with products in ``kind``, a 16-bit type; else that for a CPU."""
    return CardForm(kind) if static_shapes else CpuForm()
