"""Things to move and press in a notebook: ipywidgets 7.7 and 8.  Pictures are drawn in the kernel.

Each function returns a widget to be shown as a cell's last line.  They need a living kernel and a front
end; the notebooks show the same as a plain figure beside them.
"""

from . import plots

PICTURE_WIDTH = "960px"


def _ipywidgets():
    import ipywidgets

    return ipywidgets


def _picture(figure):
    return _ipywidgets().Image(value=figure.png(), format="png", layout={"width": PICTURE_WIDTH, "max_width": "100%"})


def walk_player(walks, shares):
    """A slider for the share of masked tokens and a button that samples again.

    ``walks`` is what ``method.walk`` returned for ``shares``: for each share several draws.
    """
    widgets = _ipywidgets()
    options = [("%.0f%%" % (100 * share), place) for place, share in enumerate(shares)]
    slider = widgets.SelectionSlider(options=options, description="masked", continuous_update=False)
    button = widgets.Button(description="sample again", icon="refresh")
    image = _picture(plots.walk(walks[0][0]))
    draw = [0]

    def show(_):
        image.value = plots.walk(walks[slider.value][draw[0]]).png()

    def again(_):
        draw[0] = (draw[0] + 1) % len(walks[slider.value])
        show(None)

    slider.observe(show, names="value")
    button.on_click(again)
    return widgets.VBox([widgets.HBox([slider, button]), image])


def sentence_judge(judge, author, sentence):
    """A box for a sentence, its words as buttons that the generator swaps, and the verdict below.

    ``judge`` is a :class:`~helpers.discriminator.Discriminator`, ``author`` the generator beside it.  A click
    on a word puts the generator's next-best proposal in its place.
    """
    widgets = _ipywidgets()
    box = widgets.Text(value=sentence, description="sentence", continuous_update=False, layout={"width": "700px"})
    row = widgets.HBox([], layout={"flex_flow": "row wrap"})
    image = _picture(_verdict(judge, sentence))
    turns = {}

    def swap(place):
        words = box.value.split()
        core, masked = _mask(words, place)
        guesses = [word for word, _ in author.fill_mask(masked, top=20) if word.isalpha() and word != core]
        if guesses:
            turns[place] = turns.get(place, -1) + 1
            box.value = masked.replace("[MASK]", guesses[turns[place] % len(guesses)])

    def show(change=None):
        judged = judge.word_probabilities(box.value) if box.value.strip() else []
        image.value = plots.sentence_verdicts([(None, judged)], judge.threshold).png() if judged else b""
        buttons = []
        for place, word in enumerate(box.value.split()):
            button = widgets.Button(description=word, layout={"width": "auto"})
            button.on_click(lambda _, place=place: swap(place))
            buttons.append(button)
        row.children = buttons

    box.observe(show, names="value")
    show()
    return widgets.VBox([box, row, image])


def _verdict(judge, sentence):
    return plots.sentence_verdicts([(None, judge.word_probabilities(sentence))], judge.threshold)


def _mask(words, place):
    """The word at ``place`` without its punctuation, and the sentence with [MASK] in its stead."""
    word = words[place]
    core = word.strip("¿?¡!.,;:…\"'«»()") or word
    masked = words[:place] + [word.replace(core, "[MASK]", 1)] + words[place + 1 :]
    return core, " ".join(masked)
