"""Run the tutorial's notebook from top to bottom without a browser, and say what came out.

    python -m helpers.tutorial [--notebook FILE] [--preset FILE] [--output-dir DIR] [-p NAME VALUE]…

Reads  notebooks/electra_spanish.ipynb, notebooks/presets/sample.json (its parameters)
Writes runs/tutorial/: the executed notebook, an HTML copy of it, and data/, the notebook's DATA_DIR

``make tutorial`` calls it in the environment that ``helpers/environment/__init__.py`` made; the notebook's kernel
is this very interpreter, and nothing is registered outside of the output folder.
"""

import argparse
import contextlib
import json
import logging
import os
import re
import signal
import sys
import tempfile
import textwrap
import time

from helpers.base import events
from helpers.base.errors import TutorialError, explain
from helpers.base.events import SECONDS_BETWEEN_LINES
from helpers.base.files import read_json, write_json
from helpers.base.history import duration
from helpers.tutorial import summary

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOTEBOOK = os.path.join(PROJECT, "notebooks", "electra_spanish.ipynb")
PRESET = os.path.join(PROJECT, "notebooks", "presets", "sample.json")
OUTPUT_DIR = os.path.join(PROJECT, "runs", "tutorial")
LONGEST_STATUS = 60
SECONDS_BETWEEN_REDRAWS = 0.1  # of a terminal's line
SECONDS_TO_SAVE = 20  # for a cell that is stopped; what it has started saves by itself after that
PATIENCE = 600  # seconds for the kernel to start, and for what a cell has said to arrive: a machine may be busy


def run(notebook=NOTEBOOK, preset=PRESET, output_dir=OUTPUT_DIR, parameters=None):
    """Execute a notebook and write it and its HTML copy to ``output_dir``.

    Parameters
    ----------
    notebook, preset : str
        The notebook, and a JSON object of parameters for it (or None).
    output_dir : str
        Receives both files; ``output_dir/data`` is DATA_DIR unless ``parameters`` say otherwise.
    parameters : dict, optional
        Further parameters; they win over the preset's.

    Returns
    -------
    dict
        ``notebook`` and ``html``: paths of what was written; ``summary``: the content of
        DATA_DIR/summary.json, which the last cell writes, or None.

    Raises
    ------
    TutorialError
        When a cell fails: its number and error, and where the notebook lies as far as it came.
    """
    if not os.path.isfile(notebook):
        raise TutorialError(f"There is no notebook {_shown(notebook)}.")
    values = {"DATA_DIR": os.path.join(os.path.abspath(output_dir), "data")}
    values.update(_preset(preset) if preset else {})
    values.update(parameters or {})
    if isinstance(values["DATA_DIR"], str):  # the kernel works in the notebook's folder
        values["DATA_DIR"] = os.path.abspath(os.path.expanduser(values["DATA_DIR"]))
    os.makedirs(output_dir, exist_ok=True)
    executed = os.path.join(output_dir, os.path.basename(notebook))
    page = f"{os.path.splitext(executed)[0]}.html"
    written = os.path.join(values["DATA_DIR"], summary.FILE)
    with contextlib.suppress(FileNotFoundError):
        os.remove(written)  # an earlier run's must not pass for this one's
    try:
        _execute(notebook, executed, values)
    finally:
        if os.path.exists(executed):
            _write_page(executed, page)
    return {"notebook": executed, "html": page, "summary": read_json(written)}


def _preset(path):
    values = read_json(path)
    if not isinstance(values, dict):
        raise TutorialError(f"{_shown(path)} must hold a JSON object of notebook parameters.")
    return values


def _execute(notebook, executed, parameters):
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.engines import papermill_engines
    from papermill.exceptions import PapermillExecutionError

    for name in ("papermill", "asyncio"):  # they would tell that black is not installed, and how a run was stopped
        logging.getLogger(name).setLevel(logging.CRITICAL)
    stop = _Stop()
    papermill_engines.register("tutorial", _engine(stop))
    with _own_kernel(), stop:
        try:
            papermill.execute_notebook(
                notebook,
                executed,
                parameters=parameters,
                engine_name="tutorial",
                kernel_name="python3",
                language="python",
                cwd=os.path.dirname(os.path.abspath(notebook)),
                autosave_cell_every=0,
                progress_bar=sys.stderr.isatty(),  # in a log it would be one line of megabytes
            )
        except PapermillExecutionError as error:
            if stop.asked:
                raise KeyboardInterrupt
            reason = f"{error.ename}: {_plain(error.evalue)}" if error.evalue else error.ename
            raise TutorialError(
                f"Cell {error.exec_count} of the notebook failed ({reason}); as far as it came it lies in {_shown(executed)}."
            )
            stop.check()  # it came after the last cell had begun
        except DeadKernelError:
            raise TutorialError(
                f"The notebook's kernel died, probably because the machine ran out of memory; as far as the notebook came it lies in {_shown(executed)}."
            )


class _Stop:
    """What Ctrl-C, SIGTERM or a closed terminal does to a run: the cell at work is interrupted, saves what it has
    done, and the run ends after it.  The second time, or when the cell takes too long, it ends at once."""

    def __init__(self):
        self.asked, self._kernel = False, None

    def __enter__(self):
        self._before = events.on_stop(self._ask)
        if self._before:  # this is the main thread
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._ask)
        return self

    def __exit__(self, *exception):
        signal.alarm(0)
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _ask(self, number, frame):
        if self.asked or self._kernel is None:
            raise KeyboardInterrupt
        self.asked = True
        with contextlib.suppress(OSError):  # print might break in upon a print
            os.write(2, "\nStopping: what has been done is being saved …\n".encode())
        signal.alarm(SECONDS_TO_SAVE)
        os.killpg(self._kernel, signal.SIGINT)

    def check(self):
        """Raise KeyboardInterrupt once a stop was asked for."""
        if self.asked:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def at_work(self, kernel):
        """While the block runs, a stop interrupts the process group ``kernel``."""
        self.check()
        self._kernel = kernel
        try:
            yield
        finally:
            self._kernel = None


def _engine(stop):
    """papermill's engine, which obeys ``stop`` and shows the last line that a cell has said: a long cell shows that it lives.

    It stands beside papermill's bar in a terminal, and in a line now and then where stderr is a file or a pipe.
    """
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import Engine

    class Client(PapermillNotebookClient):
        status = None

        def execute_cell(self, cell, cell_index, **options):
            with stop.at_work(self.km.provisioner.pgid):
                return super().execute_cell(cell, cell_index, **options)

        def process_message(self, message, cell, cell_index):
            content = message.get("content", {})
            said = content.get("text") or content.get("data", {}).get("text/plain")
            if not isinstance(said, str) or said.startswith("<"):  # <Figure size …> says nothing
                said = ""
            self.status.show(cell_index, said)
            return super().process_message(message, cell, cell_index)

    class TutorialEngine(Engine):
        @classmethod
        def execute_managed_notebook(cls, nb_man, kernel_name, **options):
            patience = dict(startup_timeout=PATIENCE, iopub_timeout=PATIENCE, timeout=None)
            client = Client(nb_man, kernel_name=kernel_name, **patience)
            client.status = _Log(len(nb_man.nb.cells)) if nb_man.pbar is None else _Bar(nb_man.pbar)
            client.execute()

    return TutorialEngine


def _last_line(text):
    lines = [line.strip() for line in re.split(r"[\r\n]+", _plain(text)) if line.strip()]
    return textwrap.shorten(lines[-1], LONGEST_STATUS, placeholder=" …") if lines else ""


class _Bar:
    """What cells say, beside papermill's bar."""

    def __init__(self, bar):
        self._bar, self._next = bar, 0.0

    def show(self, index, text):
        last = _last_line(text)
        if last and time.time() >= self._next:
            self._next = time.time() + SECONDS_BETWEEN_REDRAWS
            self._bar.set_postfix_str(last)


class _Log:
    """What cells say, in whole lines and few of them: for the log of a scheduler."""

    def __init__(self, cells, stream=None, clock=time.time):
        self._cells, self._stream, self._clock = cells, stream or sys.stderr, clock
        self._started, self._next, self._index, self._last = clock(), float("-inf"), None, ""

    def show(self, index, text):
        self._last = _last_line(text) or (self._last if index == self._index else "")
        self._index, now = index, self._clock()
        if now >= self._next:
            self._next = now + SECONDS_BETWEEN_LINES
            words = (duration(now - self._started), f"cell {int(index + 1)} of {self._cells}", self._last)
            print(" · ".join(filter(None, words)), file=self._stream, flush=True)


@contextlib.contextmanager
def _own_kernel():
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


def _write_page(executed, page):
    import nbformat
    from nbconvert import HTMLExporter

    from helpers.base.files import write_aside

    body, _ = HTMLExporter().from_notebook_node(nbformat.read(executed, as_version=4))
    with write_aside(page) as file:
        file.write(body)


def _plain(text):
    """Text without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


def _shown(path):
    path = os.path.abspath(path)
    return os.path.relpath(path) if path.startswith(os.getcwd() + os.sep) else path


def _value(text):
    """A parameter from the command line: JSON where it is JSON (numbers, true, null), else text."""
    try:
        return json.loads(text)
    except ValueError:
        return {"True": True, "False": False, "None": None}.get(text, text)


def main(arguments=None):
    """The command line; ends with code 1 and one sentence when the notebook fails."""
    parser = argparse.ArgumentParser(prog="python -m helpers.tutorial", description="Run the tutorial's notebook.")
    parser.add_argument("--notebook", default=NOTEBOOK)
    parser.add_argument("--preset", default=PRESET, help="JSON file with the notebook's parameters")
    parser.add_argument("--output-dir", default=OUTPUT_DIR)
    parser.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="one more parameter"
    )
    options = parser.parse_args(arguments)
    events.on_stop()
    try:
        parameters = {name: _value(value) for name, value in options.p}
        made = run(options.notebook, options.preset, options.output_dir, parameters)
    except TutorialError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        message = explain(error)
        if message is None:
            raise
        print(f"error: {message} (--output-dir names another folder)", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run it again to go on from what is saved", file=sys.stderr)
        return 130
    print(f"\nnotebook  {_shown(made['notebook'])}\nHTML copy {_shown(made['html'])}\n")
    print(summary.lines(made["summary"]) if made["summary"] else "The notebook wrote no summary.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
