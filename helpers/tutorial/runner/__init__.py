"""Run a notebook from top to bottom with papermill, on the Python that runs this, and note what its cells took.

    python -m helpers.tutorial.runner notebooks/2_data.ipynb build/2_data.ipynb --parameters '{"MEGABYTES": [1]}'

The notebook that is written carries, in its metadata under "run", the parameters and what was measured (seconds,
memory, the first picture).  Ends with code 1 and one sentence when a cell fails; the notebook is then written as far as
it came.
Nothing is registered for Jupyter outside of a temporary folder.
"""

import contextlib
import json
import logging
import os
import re
import signal
import sys
import tempfile
import textwrap
import threading
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, TextIO

from helpers.base import events
from helpers.base.errors import TutorialError
from helpers.base.files import write_json
from helpers.base.history import duration
from helpers.tutorial.presets import parameters as table
from helpers.tutorial.runner.meter import Meter
from helpers.tutorial.runner.stop import Stop

LONGEST_STATUS = 60
SECONDS_BETWEEN_REDRAWS = 0.1  # of a terminal's line
PATIENCE = 600  # seconds for the kernel to start, and for what a cell has said to arrive: a machine may be busy
INJECTED = "injected-parameters"  # papermill's tag of the cell that it adds


def run(notebook: str, output: str, parameters: Mapping[str, Any], cwd: Optional[str] = None) -> Dict[str, Any]:
    """Execute ``notebook`` and write it to ``output``.

    Parameters
    ----------
    notebook, output : str
        Paths of the notebook and of what is to be written.
    parameters : mapping of str to object
        Values that take the place of those in the cell tagged "parameters".
    cwd : str, optional
        Where the kernel starts; the notebook's folder when it is not given.

    Returns
    -------
    dict
        What was measured (:class:`Meter`), and ``parameters``.

    Raises
    ------
    TutorialError
        When there is no such notebook, it has no such parameter (the nearest name is asked for), a value is of
        another kind, a cell fails or the kernel dies.
    """
    parameters = checked(notebook, parameters)
    os.makedirs(os.path.dirname(os.path.abspath(output)), exist_ok=True)
    meter, done, ended = Meter(), threading.Event(), False
    watch = threading.Thread(target=meter.watch, args=(done,), daemon=True)
    watch.start()
    try:
        _execute(notebook, output, parameters, cwd, meter)
        ended = True
    finally:
        done.set()
        watch.join()
        measured = dict(meter.report(), parameters=parameters)
        if os.path.exists(output):
            # On a full disk it is half a notebook; what ended the run is to be said, and not that.
            with contextlib.suppress(*(() if ended else (OSError, ValueError))):
                _note(output, measured)
    return measured


def checked(notebook: str, parameters: Mapping[str, Any]) -> Dict[str, Any]:
    """``parameters`` as values of the kinds that the notebook's form wants; TutorialError as :func:`run` says."""
    if not os.path.isfile(notebook):
        raise TutorialError(f"There is no notebook {shown(notebook)}.")
    known = form(notebook)
    if "PRESET" in known:  # what a preset may set can be given as well, whether or not the form shows it
        known = [*known, *(name for name in table.OF_PRESETS if name not in known)]
    table.refuse_unknown(parameters, known, os.path.basename(notebook))
    return dict(parameters, **table.check(parameters))


def form(notebook: str) -> List[str]:
    """The names that a notebook's cell tagged "parameters" sets, in their order."""
    with open(notebook, encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    text = "".join("".join(cell["source"]) + "\n" for cell in cells if "parameters" in cell["metadata"].get("tags", []))
    return re.findall(r"^([A-Z]\w*) *=", text, re.MULTILINE)


def _execute(notebook: str, output: str, parameters: Dict[str, Any], cwd: Optional[str], meter: Meter) -> None:
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError

    for name in ("papermill", "asyncio"):  # they would tell that black is not installed, and how a run was stopped
        logging.getLogger(name).setLevel(logging.CRITICAL)
    stop = Stop()
    papermill_engines.register("tutorial", _engine(meter, stop))
    came = f"as far as it came it lies in {shown(output)}"
    with _own_kernel(), stop:
        try:
            papermill.execute_notebook(
                notebook,
                output,
                parameters=parameters,
                engine_name="tutorial",
                kernel_name="python3",
                language="python",
                cwd=cwd or os.path.dirname(os.path.abspath(notebook)),
                autosave_cell_every=0,
                progress_bar=sys.stderr.isatty(),  # in a log it would be one line of megabytes
            )
            stop.check()  # it came after the last cell had begun
        except PapermillExecutionError as error:
            if stop.asked:
                raise KeyboardInterrupt
            reason = f"{error.ename}: {_plain(error.evalue)}" if error.evalue else error.ename
            if error.ename == TutorialError.__name__ and error.evalue:  # a sentence
                reason = _plain(error.evalue).rstrip(".")
            raise TutorialError(f"Cell {error.exec_count} of {os.path.basename(notebook)} failed ({reason}); {came}.")
        except (DeadKernelError, AssertionError):  # the latter from nbclient 0.7, which stumbles over the dead kernel
            name = os.path.basename(notebook)
            raise TutorialError(
                f"The kernel of {name} died, probably because the machine ran out of memory; {came}. Run it again to "
                "go on from what is saved."
            )


def _engine(meter: Meter, stop: Stop) -> type:
    """papermill's engine, which obeys ``stop``, tells ``meter`` of each cell, and shows what a cell said last.

    So a long cell shows that it lives: beside papermill's bar in a terminal, and in a line now and then where stderr
    is a file or a pipe.
    """
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import Engine

    class Client(PapermillNotebookClient):
        status = None

        def execute_cell(self, cell, cell_index, **options):
            meter.begin()
            try:
                with stop.at_work(self.km.provisioner.pgid):
                    return super().execute_cell(cell, cell_index, **options)
            finally:
                meter.end(cell)

        def process_message(self, message, cell, cell_index):
            meter.show(cell, message)
            content = message.get("content", {})
            said = content.get("text") or content.get("data", {}).get("text/plain")
            if not isinstance(said, str) or said.startswith("<"):  # <Figure size …> says nothing
                said = ""
            try:
                self.status.show(cell_index, said)
            except BrokenPipeError:  # who reads it has read enough
                events.put_away(sys.stderr)
                os.kill(os.getpid(), signal.SIGTERM)
            return super().process_message(message, cell, cell_index)

    class TutorialEngine(Engine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, **options):
            patience = dict(startup_timeout=PATIENCE, iopub_timeout=PATIENCE, timeout=None)
            client = Client(nb_man, kernel_name=kernel_name, store_widget_state=False, **patience)
            client.status = Log(len(nb_man.nb.cells)) if nb_man.pbar is None else _Bar(nb_man.pbar)
            client.execute()

    return TutorialEngine


def _last_line(text: str) -> str:
    """The last sentence or state of progress in what a cell says; a table's row, without its heading, says nothing."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", _plain(text)) if line.strip()]
    lines = [line for line in lines if "%|" in line or not re.search(r"\S\s{2,}\S", line)]  # the former: tqdm's bar
    return textwrap.shorten(lines[-1], LONGEST_STATUS, placeholder=" …") if lines else ""


class _Bar:
    """What cells say, beside papermill's bar."""

    def __init__(self, bar: Any) -> None:
        self._bar, self._next = bar, 0.0

    def show(self, index: int, text: str) -> None:
        last = _last_line(text)
        if last and time.time() >= self._next:
            self._next = time.time() + SECONDS_BETWEEN_REDRAWS
            self._bar.set_postfix_str(last)


class Log:
    """What cells say, in whole lines and few of them: for the log of a scheduler."""

    def __init__(self, cells: int, stream: Optional[TextIO] = None, clock: Callable[[], float] = time.time) -> None:
        self._cells, self._stream, self._clock = cells, stream or sys.stderr, clock
        self._started, self._next = clock(), float("-inf")
        self._index: Optional[int] = None
        self._last = ""

    def show(self, index: int, text: str) -> None:
        """Cell ``index`` has said ``text``: a line, when one is due."""
        self._last = _last_line(text) or (self._last if index == self._index else "")
        self._index, now = index, self._clock()
        if now >= self._next:
            self._next = now + events.SECONDS_BETWEEN_LINES
            words = (duration(now - self._started), f"cell {index + 1} of {self._cells}", self._last)
            print(" · ".join(filter(None, words)), file=self._stream, flush=True)


@contextlib.contextmanager
def _own_kernel() -> Iterator[None]:
    """A kernel specification ``python3`` that is this interpreter, for as long as the block runs.

    It comes first on Jupyter's path: a specification of that name in the user's home may be another Python.
    """
    with tempfile.TemporaryDirectory(prefix="electra-kernel-") as folder:
        specification = {
            "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=CRITICAL"],
            "display_name": "Python 3",
            "language": "python",
        }
        write_json(os.path.join(folder, "kernels", "python3", "kernel.json"), specification)
        before = os.environ.get("JUPYTER_PATH")
        os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [folder, before]))
        try:
            yield
        finally:
            os.environ.pop("JUPYTER_PATH")
            if before is not None:
                os.environ["JUPYTER_PATH"] = before


def _note(output: str, measured: Dict[str, Any]) -> None:
    """Write what was measured into a notebook's metadata."""
    import nbformat

    notebook = nbformat.read(output, as_version=4)
    notebook.metadata["run"] = measured
    nbformat.write(notebook, output)


def _plain(text: str) -> str:
    """Text without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def shown(path: str) -> str:
    """A path as it is said: relative where it lies below the working directory."""
    path = os.path.abspath(path)
    return os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else path
