"""Things to move and press in a notebook: ipywidgets 7.7 and 8.  Pictures are drawn in the kernel.

Each function returns a widget to be shown as a cell's last line.  They need a living kernel and a front
end; the notebooks show the same as a plain figure beside them.
"""

import importlib.util
import os
import shlex
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from helpers import plots, pretraining
from helpers.base import progress
from helpers.base.errors import TutorialError
from helpers.plots.picture import Picture

if TYPE_CHECKING:
    from helpers.discriminator import Discriminator
    from helpers.discriminator.generator import Generator

PICTURE_WIDTH = "960px"
STOP_HINT = "stop saves the model first; then the other button goes on from there"


def _ipywidgets() -> Any:
    import ipywidgets

    return ipywidgets


def _picture(figure: Optional[Picture] = None) -> Any:
    image = _ipywidgets().Image(format="png", layout={"width": PICTURE_WIDTH, "max_width": "100%"})
    _show(image, figure)
    return image


def _show(image: Any, figure: Optional[Picture]) -> None:
    """Put ``figure`` into ``image``; None leaves no trace of it on the page."""
    if figure is None:  # hidden first: a page shows an empty picture as a broken one
        image.layout.display, image.value = "none", b""
    else:
        image.value, image.layout.display = figure.png(), None


def walk_player(walks: Sequence[Sequence[Dict[str, Any]]], shares: Sequence[float]) -> Any:
    """A slider for the share of masked tokens and a button that samples again.

    Parameters
    ----------
    walks : sequence of sequences of dict
        What ``method.walk`` returned for ``shares``: for each share several draws.
    shares : sequence of float
        The shares, from 0 to 1.

    Returns
    -------
    ipywidgets.VBox
    """
    widgets = _ipywidgets()
    options = [(f"{100 * share:.0f}%", place) for place, share in enumerate(shares)]
    slider = widgets.SelectionSlider(options=options, description="masked", continuous_update=False)
    button = widgets.Button(description="sample again", icon="refresh")
    image = _picture(plots.walk(walks[0][0]))
    draw = [0]

    def show(_):
        _show(image, plots.walk(walks[slider.value][draw[0]]))

    def again(_):
        draw[0] = (draw[0] + 1) % len(walks[slider.value])
        show(None)

    slider.observe(show, names="value")
    button.on_click(again)
    return widgets.VBox([widgets.HBox([slider, button]), image])


def sentence_explorer(discriminator: "Discriminator", generator: "Generator", sentence: str) -> Any:
    """A box for a sentence, its words as buttons that the generator swaps, and the verdict below.

    Each click on a word puts the generator's next proposal in its place, from the best one down.

    Parameters
    ----------
    discriminator : helpers.discriminator.Discriminator
    generator : helpers.discriminator.generator.Generator
        The generator beside it.
    sentence : str
        What stands in the box at first.

    Returns
    -------
    ipywidgets.VBox
    """
    widgets = _ipywidgets()
    box = widgets.Text(value=sentence, description="sentence", continuous_update=False, layout={"width": "700px"})
    row = widgets.HBox([], layout={"flex_flow": "row wrap"})
    image = _picture()
    turns = {}

    def swap(place):
        words = box.value.split()
        core, masked = _mask(words, place)
        guesses = _whole_words(generator, masked)
        if set(guesses) - {core}:
            turns[place] = turns.get(place, -1) + 1
            if guesses[turns[place] % len(guesses)] == core:  # it stands there already
                turns[place] += 1
            box.value = masked.replace("[MASK]", guesses[turns[place] % len(guesses)])

    def show(change=None):
        judged = discriminator.word_probabilities(box.value) if box.value.strip() else []
        _show(image, plots.sentence_verdicts([(None, judged)], discriminator.threshold) if judged else None)
        buttons = []
        for place, word in enumerate(box.value.split()):
            button = widgets.Button(description=word, layout={"width": "auto"})
            button.on_click(lambda _, place=place: swap(place))
            buttons.append(button)
        row.children = buttons

    box.observe(show, names="value")
    show()
    return widgets.VBox([box, row, image])


class Swapped(NamedTuple):
    """A sentence with each of its words swapped in turn, for the generator's best other proposal.

    ``judged`` has for each swap, in words, the words of the sentence with their probabilities, as
    ``plots.sentence_verdicts`` draws them.  ``rows`` has for each the swap, the probability of the swapped word and the
    words that are called replacements; ``counts`` says in a sentence how often that was the swapped word itself.
    """

    judged: List[Tuple[str, List[Tuple[str, float]]]]
    rows: List[Tuple[str, float, str]]
    counts: str


def swapped(discriminator: "Discriminator", generator: "Generator", sentence: str) -> Swapped:
    """What :func:`sentence_explorer` shows when the words of ``sentence`` are pressed one after the other."""
    words, judged, rows = sentence.split(), [], []
    itself = another = 0
    for place in range(len(words)):
        core, masked = _mask(words, place)
        guesses = [word for word in _whole_words(generator, masked) if word != core]
        if not guesses:
            continue
        (score,) = discriminator.scores([masked.replace("[MASK]", guesses[0])])
        pairs = [(word, score.of(word)) for word in score.encoded.words]
        called = [word for word, probability in pairs if probability > discriminator.threshold]
        own = max([probability for word, probability in pairs if word.place == place and word.lexical], default=0.0)
        itself += own > discriminator.threshold
        another += own <= discriminator.threshold and bool(called)
        judged.append((f"{core} → {guesses[0]}", [(word.text, probability) for word, probability in pairs]))
        rows.append((judged[-1][0], own, ", ".join(word.text for word in called) or "nothing"))
    counts = (
        f"The swapped word is called a replacement in {itself} of {len(rows)} swaps, another word alone in {another}"
    )
    return Swapped(judged, rows, f"{counts}, nothing in {len(rows) - itself - another}.")


def trainer(data_dir: str, model_name: str, **settings: Any) -> Any:
    """Buttons that start, stop and resume a run of ``pretraining.pretrain``, and its live curve below.

    The run works in a thread: the buttons, and other cells, answer meanwhile.
    """
    widgets = _ipywidgets()
    start = widgets.Button(description="start", icon="play", button_style="primary")
    stop = widgets.Button(description="stop", icon="stop", disabled=True)
    text, image = widgets.HTML(), _picture()
    asked = threading.Event()

    def train():
        try:
            run = pretraining.pretrain(data_dir, model_name, stop=asked, view=_TrainerView(text, image), **settings)
            _show(image, plots.training_curve(run["metrics"], run["stops"]))
            start.description = "go on" if run["stopped"] else "look again"
            if run["up_to_date"]:
                text.value = f"✓ All {run['step']:,} steps are done."
        except KeyboardInterrupt:
            text.value = "Stopped before there was anything to save."
        except TutorialError as error:
            text.value = progress.block(f"✗ {error}", progress.LOUD)
        start.disabled, stop.disabled = False, True

    def begin(_):
        asked.clear()
        start.disabled, stop.disabled = True, False
        threading.Thread(target=train, daemon=True, name="training").start()

    def end(_):
        stop.disabled = True
        asked.set()

    start.on_click(begin)
    stop.on_click(end)
    return widgets.VBox([widgets.HBox([start, stop]), text, image])


class _TrainerView:
    """Progress as HTML in ``text`` and as a curve in ``image``, both widgets."""

    def __init__(self, text, image):
        self._text, self._image, self._next_curve = text, image, 0.0

    def show(self, history, settled):
        self._text.value = progress.page(history, settled, hint=STOP_HINT)
        if not settled and len(history.train) > 1 and time.time() >= self._next_curve:
            before = time.time()
            _show(self._image, plots.training_curve(history.train + history.evaluations, compact=True))
            self._next_curve = progress.next_curve(before)


def tensorboard(folder: str) -> None:
    """TensorBoard below the cell, on the runs in ``folder``; what ``%tensorboard --logdir`` does, for any kernel.

    Jupyter may start a kernel without its environment's programs on PATH; the one beside the kernel's own Python is
    taken then.  Where TensorBoard is not installed, one line says what to type elsewhere.
    """
    if importlib.util.find_spec("tensorboard") is None:
        print(f"TensorBoard is not installed here. In a terminal: tensorboard --logdir {shlex.quote(folder)}")
        return
    from tensorboard import notebook

    program = os.path.join(os.path.dirname(sys.executable), "tensorboard")
    if os.path.exists(program):
        os.environ.setdefault("TENSORBOARD_BINARY", program)
    notebook.start(f"--logdir {shlex.quote(folder)}")


def _whole_words(generator: "Generator", masked: str) -> List[str]:
    """The generator's proposals for [MASK] that are whole words, best first."""
    return [word for word, _ in generator.fill_mask(masked, top=20) if word.isalpha()]


def _mask(words: Sequence[str], place: int) -> Tuple[str, str]:
    """The word at ``place`` without its punctuation, and the sentence with [MASK] in its stead."""
    word = words[place]
    core = word.strip("¿?¡!.,;:…\"'«»()") or word
    masked = words[:place] + [word.replace(core, "[MASK]", 1)] + words[place + 1 :]
    return core, " ".join(masked)
