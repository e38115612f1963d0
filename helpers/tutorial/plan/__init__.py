"""A language model of one's own: what to train for a language, on a machine, in so many hours, and what that takes.

    request = plan.check(globals())       # the form: LANGUAGE, MACHINE, HOURS, and what one sets oneself
    proposal = plan.propose(request)      # measures the machine at hand, for some seconds
    proposal.table(); proposal.costs()    # what will happen, before anything starts
    proposal.begin()                      # stops where the machine is another one
    settings = proposal.settings

The proposal is kept in DATA_DIR/plan.json and holds as long as the form asks for the same: a run that goes on the next
day, perhaps on another machine of Colab's, goes on with the same settings.
"""

import os
import shutil
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.base.history import amount, duration
from helpers.environment import gpu
from helpers.plots.tables import Table
from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.tutorial import presets
from helpers.tutorial.plan import choices, costs, languages, machines, trial
from helpers.tutorial.plan.choices import Choice
from helpers.tutorial.plan.labels import held_out_task  # noqa: F401 (the notebook calls it from here)
from helpers.tutorial.plan.languages import Language
from helpers.tutorial.plan.machines import Machine
from helpers.tutorial.presets import Settings, parameters

FILE, FORMAT = "plan.json", 1
MEASURED = "measured here just now"
ASKED = ("LANGUAGE", "MACHINE", "HOURS")
LATER = ("KIND", "TRAIN_FILE", "ROUNDS", "PUSH_TO", "TENSORFLOW")  # which the proposal does not depend on
DECIDING = (*ASKED, *parameters.OF_PRESETS)  # what a proposal depends on, of a form
SHOWN = (
    "CORPUS", "TRAIN_SIZE", "VOCAB", "MODEL_SIZE", "MAX_SEQ_LENGTH", "ONE_SENTENCE_PER_EXAMPLE", "TRAIN_BATCH_SIZE",
    "NUM_TRAIN_STEPS", "LEARNING_RATE", "SEED",
)  # fmt: skip


class Request(NamedTuple):
    """What the form asks for: ``written``, its fields that are not empty; the language, the machine and whether it is
    the one at hand; where everything is written."""

    written: Dict[str, Any]
    language: Language
    machine: Machine
    here: bool
    data_dir: str

    @property
    def hours(self) -> float:
        """How long pre-training may take."""
        return self.written["HOURS"]

    @property
    def tensorflow(self) -> str:
        """Which TensorFlow is wanted, as ``environment.setup`` takes it."""
        return self.written["TENSORFLOW"]


def check(given: Mapping[str, Any]) -> Request:
    """What a form asks for (``given``: its values by name, ``globals()`` will do), checked.

    Where MACHINE is "cpu" a graphics card of this machine is hidden from all that follows.  Raises TutorialError for
    an unknown language or machine and for values of another kind; where DRIVE is ticked and cannot be had.
    """
    parameters.refuse_mistyped(given)
    filled = {name: given[name] for name in parameters.TABLE if name in given and given[name] not in ("", None)}
    written = parameters.check(filled)
    for name in (*ASKED, *LATER):
        written.setdefault(name, parameters.TABLE[name].default)
    if not written["HOURS"] > 0:
        raise TutorialError(f"HOURS is {written['HOURS']:g}: give how many hours pre-training may take, such as 0.5")
    language = languages.find(written["LANGUAGE"], written.get("CORPUS", ""))
    machine, here = machines.find(written["MACHINE"])
    if machine.name == machines.CPU and gpu.usable()[0]:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    written.setdefault("DATA_DIR", f"./data/{language.code}")
    written.setdefault("MODEL_NAME", f"electra-{language.code}")
    place = {name: written[name] for name in ("DATA_DIR", "DRIVE") if name in written}
    return Request(written, language, machine, here, presets.settle([], place).data_dir)


def propose(request: Request) -> "Proposal":
    """The proposal for a request: the one that was made for it before, or a new one.

    A new one for the machine at hand is measured on it: some steps are trained on made-up text, which takes seconds to
    a minute.  For another machine it is estimated.  Raises TutorialError where the time is too short, or no text known.
    """
    path = os.path.join(request.data_dir, FILE)
    asked = dict(format=FORMAT, **{name: value for name, value in request.written.items() if name in DECIDING})
    kept = files.read_json(path, {})
    if isinstance(kept, dict) and kept.get("asked") == asked and "choice" in kept:
        print(f"This is the proposal that was made before; {path} keeps it.")
        if kept.get("machine") != request.machine.name:
            print(f"It was made for another machine ({kept.get('machine')}), whose pace and price this one has not.")
        found = kept["choice"]
        return Proposal(request, Choice(**dict(found, hparams=Hyperparameters(**found["hparams"]))), kept["pace"])

    def measured(hparams: Hyperparameters, one_sentence: bool) -> float:
        settings = dict(hparams=_changed(hparams), one_sentence_per_example=one_sentence)
        return trial.seconds(settings, on_card=request.machine.name != machines.CPU)

    def estimated(hparams: Hyperparameters, one_sentence: bool) -> float:
        return machines.estimated_seconds(request.machine, hparams)

    pace = MEASURED if request.here else machines.ESTIMATE
    choice = choices.choose(
        request.written, request.language, request.machine, request.hours, measured if request.here else estimated
    )
    os.makedirs(request.data_dir, exist_ok=True)
    said = f"measured on {request.machine.name} when it was proposed" if request.here else pace
    content = dict(choice._asdict(), hparams=dict(vars(choice.hparams)))
    files.write_json(path, dict(asked=asked, choice=content, pace=said, machine=request.machine.name))
    return Proposal(request, choice, pace)


def _changed(hparams: Hyperparameters) -> Dict[str, Any]:
    """Those hyperparameters that are not the usual ones, by name; none that names a file."""
    usual = vars(Hyperparameters())
    found = {name: value for name, value in vars(hparams).items() if value != usual[name] and value is not None}
    derived = ("model_name", "init_checkpoint", "num_warmup_steps", "do_lower_case", "strip_accents", "log_steps")
    return {name: value for name, value in found.items() if name not in derived}


class Proposal:
    """What will happen: ``settings`` for the steps, and tables of them, of what they cost, and of other machines."""

    def __init__(self, request: Request, choice: Choice, pace: str) -> None:
        self.request, self.choice, self.pace = request, choice, pace
        self.settings = self._settled()

    def table(self) -> Table:
        """The proposal: each value, and where it is from; what stands in the form is the form's."""
        request, found = self.request, {row[0]: row for row in self.settings.table().rows}
        auto = request.written["MACHINE"] == machines.AUTO
        rows = [
            ["LANGUAGE", request.language.name, presets.FORM],
            ["MACHINE", request.machine.name, "this one" if auto else presets.FORM],
            ["HOURS", f"{request.hours:g}", presets.FORM],
            *(found[name] for name in SHOWN if name in found),
        ]
        further = self.settings.hparams
        for name, row in found.items():
            key = name.partition(": ")[2]
            if key and isinstance(further[key], dict):
                rows += [[f"HPARAMS: {key}", f"{each}: {value}", row[2]] for each, value in further[key].items()]
            elif key:
                rows.append(row)
        return Table(["parameter", "value", "from"], rows)

    def texts(self) -> Table:
        """What ``CORPUS`` may be for the language."""
        said = {"opensubtitles": "film subtitles", "hf:wikimedia": "Wikipedia", "hf:uonlp": "the web; needs a login"}
        rows = [
            [corpus, next(words for start, words in said.items() if corpus.startswith(start))]
            for corpus in self.request.language.corpora()
        ]
        return Table(["CORPUS", "what it is"], rows)

    def costs(self) -> Table:
        """Hours, memory, disk and money of the whole, and how each number was come by."""
        choice, request = self.choice, self.request
        training = choice.seconds * choice.steps
        corpus, hparams, machine = self.settings.corpus, choice.hparams, request.machine
        text = costs.text_bytes(choice.lines, corpus, request.language)
        read = choice.passes(choice.lines, corpus, self.settings.one_sentence_per_example)
        parts = hparams.gradient_accumulation_steps
        longer = "" if hparams.max_seq_length <= costs.MEASURED_LENGTH else "; more, for examples are long"
        rows = [
            ["a step", f"{choice.seconds:.2g} s", self.pace],
            ["pre-training", duration(training), f"{choice.steps:,} steps, evaluation and saving not counted"],
            ["examples", _about(text * costs.TEXT_SECONDS), f"{_size(text)} of text on one core, download not counted"],
            ["text", f"{amount(choice.lines, 'line')}, read {read:.1f} times", "the steps' examples over the text's"],
            ["memory", f"up to {_size(costs.memory(hparams, parts))}" + _of(machine.memory),
             f"{costs.parameters(hparams) / 1e6:.1f} million weights, and a batch{longer}"],
            ["disk", f"about {_size(costs.disk(hparams, choice.lines, corpus, request.language))}{self._free()}",
             f"text, examples, {hparams.keep_checkpoint_max + 2} checkpoints"],
            ["price", _price(machine, training), _priced(machine)],
        ]  # fmt: skip
        return Table(["what", "how much", "how it was come by"], rows)

    def with_text(self, made: Mapping[str, Any]) -> Settings:
        """The settings for the text that there really is; ``made``: what ``corpus.prepare`` returned.

        Where it is shorter than was asked for, a vocabulary that is not the form's gets fewer pieces, and a printed
        sentence says how often training will read the text.
        """
        choice, lines = self.choice, made["outputs"]["train.txt"]["lines"]
        if lines >= choice.lines:
            return self.settings
        corpus, values = self.settings.corpus, dict(choice.values)
        origins = dict(choice.origins)
        values["VOCAB"], origins["VOCAB"] = choices.vocabulary_for(
            values["VOCAB"], origins["VOCAB"], lines, corpus, self.request.language
        )
        read = choice.passes(lines, corpus, self.settings.one_sentence_per_example)
        print(f"The text has {lines:,} lines, not {choice.lines:,}: training will read it about {read:.0f} times.")
        self.choice = choice._replace(values=values, origins=origins, lines=lines)
        self.settings = self._settled()
        return self.settings

    def elsewhere(self) -> Table:
        """What the same hours bring on other machines: all of it estimated but the line of the machine at hand."""
        rows = [self._row(self.request.machine, self.choice, self.pace)] if self.request.here else []
        for machine in machines.CARDS.values():
            if machine.name == self.request.machine.name and self.request.here:
                continue
            choice = self._on(machine)
            if choice is not None:
                rows.append(self._row(machine, choice, f"estimated, {machines.SHARE:.0%} of its peaks"))
        return Table(["machine", "model", "steps", "tokens read", "price", "pace"], rows)

    def begin(self) -> None:
        """Say that the next steps may start; TutorialError where they would run on another machine than was chosen."""
        request = self.request
        if not request.here:
            raise TutorialError(
                f"MACHINE is {request.machine.name}, and this machine is none ({machines.here().name}): open the "
                'notebook on one, or set MACHINE to "auto", which proposes for this machine'
            )
        print(f"This machine it is ({request.machine.name}). Everything goes to {self.settings.data_dir}.")

    def _settled(self) -> Settings:
        given = dict(self.request.written, DATA_DIR=self.request.data_dir)
        given.pop("DRIVE", None)  # it has told where DATA_DIR lies
        return presets.settle([(self.choice.values, self.choice.origins)], given)

    def _on(self, machine: Machine) -> Optional[Choice]:
        """The choice for another machine with the same form; None where it comes to none."""
        request = self.request
        written = {name: value for name, value in request.written.items() if name != "NUM_TRAIN_STEPS"}

        def pace(hparams: Hyperparameters, one_sentence: bool) -> float:
            return machines.estimated_seconds(machine, hparams)

        try:
            return choices.choose(written, request.language, machine, request.hours, pace)
        except TutorialError:
            return None

    def _row(self, machine: Machine, choice: Choice, pace: str) -> List[Any]:
        seconds = choice.seconds * choice.steps
        millions = choice.tokens / 1e6
        tokens = f"{choices.rounded(millions):,} million" if millions >= 10 else f"{millions:.1f} million"
        return [machine.name, choice.hparams.model_size, choice.steps, tokens, _price(machine, seconds), pace]

    def _free(self) -> str:
        """How much room there is, for the machine at hand."""
        if not self.request.here:
            return ""
        folder = os.path.abspath(self.settings.data_dir)
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        return _of(shutil.disk_usage(folder).free, "free")


def _about(seconds: float) -> str:
    return f"about {duration(max(1.0, choices.rounded(seconds) or seconds))}"


def _size(size: float) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{max(1.0, size / 1e6):.0f} MB"


def _of(size: Optional[float], word: str = "") -> str:
    return "" if size is None else f", of {size / 1e9:.0f} GB{word and ' ' + word}"


def _price(machine: Machine, seconds: float) -> str:
    if machine.price is None:
        return "unknown" if machine.name != machines.CPU else "your own"
    low, high = (f"{hourly * seconds / 3600:.2f}" for hourly in machine.price)
    if float(high) >= 10:
        low, high = (f"{float(price):.0f}" for price in (low, high))
    return f"about ${high}" if low == high else f"${low} to {high}"


def _priced(machine: Machine) -> str:
    if machine.price is None:
        return "what this machine costs is not known here"
    return f"${machine.price[0]:g} to {machine.price[1]:g} an hour, {machines.PRICED}"
