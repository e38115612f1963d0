"""Run the tutorial's notebook from top to bottom without a browser, and say what came out.

    python -m helpers.tutorial
    python -m helpers.tutorial --preset quick -p CORPUS texts/ -p DATA_DIR data-mine

Reads  notebooks/electra_spanish.ipynb, and from notebooks/presets/ what its form leaves open
Writes runs/tutorial/: the executed notebook, an HTML copy of it, and data/, the notebook's DATA_DIR

If it is stopped, the same command goes on from what is saved.  The notebook runs on the Python that runs this command,
which ``make tutorial`` finds or makes; nothing is registered for Jupyter.
"""

import argparse
import contextlib
import json
import os
import sys
from typing import Any, Dict, Mapping, Optional, Sequence

from helpers.base import events, values
from helpers.base.errors import TutorialError, explain, what_failed
from helpers.base.files import PROJECT, read_json, write_aside
from helpers.pretraining import hyperparameters
from helpers.tutorial import presets, runner, summary
from helpers.tutorial.presets import parameters as table

NOTEBOOK = os.path.join(PROJECT, "notebooks", "electra_spanish.ipynb")
OUTPUT_DIR = os.path.join(PROJECT, "runs", "tutorial")
LOOK = "its section 8 shows each word with its probability of being a replacement"


def run(
    notebook: str = NOTEBOOK,
    preset: Optional[str] = None,
    output_dir: str = OUTPUT_DIR,
    parameters: Optional[Mapping[str, Any]] = None,
) -> Dict[str, Any]:
    """Execute a notebook and write it and its HTML copy to ``output_dir``.

    Parameters
    ----------
    notebook : str
        Path of the notebook.
    preset : str, optional
        What the form leaves open: a preset's name, or the path of a JSON file; the notebook's own when it is not given.
    output_dir : str
        Receives both files; ``output_dir/data`` is DATA_DIR unless ``parameters`` say otherwise.
    parameters : mapping of str to object, optional
        Further parameters; they win over the preset's.

    Returns
    -------
    dict
        ``notebook`` and ``html``: paths of what was written; ``model``: the model's folder, or None; ``summary``: the
        content of DATA_DIR/summary.json, which the last cell writes, or None.

    Raises
    ------
    TutorialError
        When a parameter is mistyped or of another kind, or a cell fails: its number and error, and where the notebook
        lies as far as it came.
    """
    values = dict(parameters or {})
    if preset is not None:
        values.setdefault("PRESET", preset)
    values.setdefault("DATA_DIR", os.path.join(output_dir, "data"))
    values = runner.checked(notebook, values)
    values["DATA_DIR"] = os.path.abspath(values["DATA_DIR"])  # the kernel works in another folder
    if values.get("PRESET", "").endswith(".json"):
        values["PRESET"] = os.path.abspath(values["PRESET"])
    if "PRESET" in runner.form(notebook):
        settings = presets.load(values.get("PRESET", ""), values)  # what is wrong is said now, not from within a cell
        hyperparameters.resolve(settings.hparams, settings.data_dir, settings.model_name)
    executed = os.path.join(output_dir, os.path.basename(notebook))
    page = f"{os.path.splitext(executed)[0]}.html"
    written = os.path.join(values["DATA_DIR"], summary.FILE)
    with contextlib.suppress(FileNotFoundError):
        os.remove(written)  # an earlier run's must not pass for this one's
    try:
        runner.run(notebook, executed, values)
    except KeyboardInterrupt:  # who stops it wants it to end: a page of half a notebook would take seconds
        raise
    except BaseException:
        with contextlib.suppress(OSError, ValueError):  # what ended the run is to be said, not that this failed as well
            _write_page(executed, page)
        raise
    _write_page(executed, page)
    name = values.get("MODEL_NAME", table.TABLE["MODEL_NAME"].default)
    model = os.path.join(values["DATA_DIR"], "models", name, "discriminator")
    model = model if os.path.isdir(model) else None
    return {"notebook": executed, "html": page, "model": model, "summary": read_json(written)}


def _write_page(executed: str, page: str) -> None:
    import nbformat
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter().from_notebook_node(nbformat.read(executed, as_version=4))
    with write_aside(page) as file:
        file.write(body)


def value_of(text: str) -> Any:
    """A value from the command line: JSON where it is JSON (numbers, true, null), else text."""
    try:
        return json.loads(text)
    except ValueError:
        return {"True": True, "False": False, "None": None}.get(text, text)


def given(pairs: Sequence[Sequence[str]]) -> Dict[str, Any]:
    """The values of ``-p NAME VALUE``: where a parameter wants text, it is left as it was typed."""
    texts = [name for name, parameter in table.TABLE.items() if parameter.kind in ("text", "path")]
    return {name: text if name in texts else value_of(text) for name, text in pairs}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python -m helpers.tutorial", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument(
        "--notebook",
        type=values.given,
        default=NOTEBOOK,
        help="the notebook to run (default: notebooks/electra_spanish.ipynb)",
    )
    made.add_argument(
        "--preset",
        type=values.given,
        help=f"gives the values that -p does not: {', '.join(presets.names())}, or the path of a JSON file "
        f"(default: {presets.DEFAULT})",
    )
    made.add_argument(
        "--output-dir", type=values.given, default=OUTPUT_DIR, help="where it writes (default: runs/tutorial)"
    )
    made.add_argument(
        "-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"),
        help="a parameter of the notebook, which wins over the preset's; -p again for another",
    )  # fmt: skip
    return made


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command line; ends with code 1 and one sentence when the notebook fails."""
    options = parser().parse_args(arguments)
    events.on_stop()
    try:
        made = run(options.notebook, options.preset, options.output_dir, given(options.p))
    except TutorialError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        message = explain(error)
        folder = os.path.join(os.path.abspath(options.output_dir), "")
        if message is None and error.filename and folder.startswith(os.path.join(str(error.filename), "")):
            message = what_failed(error)  # as below /proc, where no folder can be made
        if message is None:
            raise
        print(f"error: {message} (--output-dir names another folder, -p DATA_DIR one for the data)", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; run it again to go on from what is saved", file=sys.stderr)
        return 130
    print(f"\nnotebook  {runner.shown(made['notebook'])}\nHTML copy {runner.shown(made['html'])}")
    if made["model"]:
        print(f"model     {runner.shown(made['model'])}")
    if made["summary"]:
        print(f"pictures  open the HTML copy in a browser; {LOOK}")
    print()
    print(summary.lines(made["summary"]) if made["summary"] else "The notebook wrote no summary.")
    return 0


if __name__ == "__main__":
    sys.exit(events.until_read(main))
