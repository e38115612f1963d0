"""Run one notebook from top to bottom on the Python that runs this, and note what its cells took.

    python tools/run_notebook.py NOTEBOOK OUTPUT [--cwd DIR] [--parameters JSON]

Unlike papermill it leaves the notebook's code as it is: parameters are set after the cell tagged "parameters", out of
sight.  OUTPUT carries, in its metadata under "run", the parameters and what was measured (:class:`Meter`).  Ends with
code 1 and one sentence when a cell fails; OUTPUT then holds the notebook as far as it came.

Needs nbclient 0.7 or newer and nothing of this project, so that it runs in any kernel's own Python.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import threading
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

SHOWN = ("stream", "display_data", "update_display_data", "execute_result")
SECONDS_BETWEEN_LOOKS = 0.25


class Meter:
    """What a run took.

    ``seconds`` and ``first_sign``, until something was shown or the cell's end, for each cell by its id;
    ``first_picture``, seconds from the start; ``memory_mb``, the peak of the kernel with its children; ``load``, how
    many processes of the whole machine wanted a core meanwhile, on average.
    """

    def __init__(self):
        self.started = time.time()
        self.seconds, self.first_sign, self.first_picture, self.memory_mb, self._loads = {}, {}, None, 0, []
        self._cell_started = None

    def begin(self):
        self._cell_started = time.time()

    def show(self, cell, message):
        if message["msg_type"] in SHOWN and self._cell_started is not None:
            now = time.time()
            self.first_sign.setdefault(cell["id"], round(now - self._cell_started, 2))
            live = message["content"].get("transient", {}).get("display_id")  # of a curve that is drawn again and again
            if not live and "image/png" in message["content"].get("data", {}) and self.first_picture is None:
                self.first_picture = round(now - self.started, 1)

    def end(self, cell):
        self.seconds[cell["id"]] = round(time.time() - self._cell_started, 2)
        self.first_sign.setdefault(cell["id"], self.seconds[cell["id"]])
        self._cell_started = None

    def look(self, root):
        """Take note of the memory in use by all descendants of the process ``root``."""
        if hasattr(os, "getloadavg"):
            self._loads.append(os.getloadavg()[0])
        self.memory_mb = max(self.memory_mb, sum(map(memory, descendants(root))) // 1000)

    def report(self):
        return dict(
            seconds=self.seconds,
            first_sign=self.first_sign,
            first_picture=self.first_picture,
            memory_mb=self.memory_mb,
            load=round(sum(self._loads) / max(1, len(self._loads)), 1),
            total=round(time.time() - self.started, 1),
        )


def descendants(root):
    """Ids of all processes below the process ``root``, from /proc; none where there is no /proc."""
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()):
        try:
            with open("/proc/%s/stat" % name) as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
    found, fresh = set(), {root}
    while fresh:
        fresh = {child for child, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def memory(process):
    """Kilobytes of memory of a process, what it shares with others counted in proportion (PSS)."""
    try:
        with open("/proc/%d/smaps_rollup" % process) as file:
            return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE).group(1))
    except (OSError, AttributeError):
        return 0


class Runner(NotebookClient):
    """nbclient's, with parameters and a meter."""

    def __init__(self, notebook, parameters, meter, **options):
        super().__init__(notebook, **options)
        self.parameters, self.meter = parameters, meter

    async def async_execute_cell(self, cell, cell_index, **options):
        if cell.cell_type != "code":
            return await super().async_execute_cell(cell, cell_index, **options)
        source = cell.source
        if "parameters" in cell.metadata.get("tags", []):
            cell.source += "".join("\n%s = %r" % item for item in sorted(self.parameters.items()))
        self.meter.begin()
        try:
            return await super().async_execute_cell(cell, cell_index, **options)
        finally:
            cell.source = source
            self.meter.end(cell)

    def process_message(self, msg, cell, cell_index):
        self.meter.show(cell, msg)
        return super().process_message(msg, cell, cell_index)


def own_kernel(folder):
    """Write a kernel specification ``python3`` that is this interpreter into ``folder``, first on Jupyter's path."""
    arguments = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    os.makedirs(os.path.join(folder, "kernels", "python3"))
    with open(os.path.join(folder, "kernels", "python3", "kernel.json"), "w") as file:
        json.dump({"argv": arguments, "display_name": "Python 3", "language": "python"}, file)
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("JUPYTER_PATH")]))


def run(path, output, cwd, parameters):
    """Execute the notebook at ``path``, write it to ``output``; returns what was measured, or raises RuntimeError."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    unknown = [name for name in parameters if not cells or not re.search(r"^%s = " % name, cells[0].source, re.M)]
    if unknown:
        raise RuntimeError("%s has no parameter %s" % (os.path.basename(path), ", ".join(unknown)))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    meter, done = Meter(), threading.Event()

    def watch():
        while not done.wait(SECONDS_BETWEEN_LOOKS):
            meter.look(os.getpid())

    threading.Thread(target=watch, daemon=True).start()
    options = dict(timeout=None, kernel_name="python3", resources={"metadata": {"path": cwd}})
    options.update(
        startup_timeout=600, iopub_timeout=600, store_widget_state=False, record_timing=False, allow_errors=False
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            own_kernel(folder)
            Runner(notebook, parameters, meter, **options).execute()
    except CellExecutionError as error:
        raise RuntimeError("a cell of %s failed: %s: %s" % (os.path.basename(path), error.ename, error.evalue))
    except (DeadKernelError, AssertionError):  # the latter from nbclient 0.7, which stumbles over the dead kernel
        raise RuntimeError("the kernel of %s died" % os.path.basename(path))
    finally:
        done.set()
        notebook.metadata["run"] = dict(meter.report(), parameters=parameters)
        nbformat.write(notebook, output)
    return notebook.metadata["run"]


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebook")
    parser.add_argument("output")
    parser.add_argument("--cwd", help="where the kernel starts; the notebook's folder if not given")
    parser.add_argument("--parameters", type=json.loads, default={}, help="a JSON object")
    options = parser.parse_args()
    cwd = options.cwd or os.path.dirname(os.path.abspath(options.notebook))
    try:
        measured = run(options.notebook, options.output, cwd, options.parameters)
    except RuntimeError as error:
        print("error: %s" % error, file=sys.stderr)
        return 1
    print("%(total)s s, first picture after %(first_picture)s s, %(memory_mb)d MB" % measured)
    return 0


if __name__ == "__main__":
    sys.exit(main())
