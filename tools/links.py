"""Write the project's address into all that must know it: set-up cells and badges.

    python3 tools/links.py owner/name

is what ``make links REPO=owner/name`` calls; it changes README.md, REPOSITORY and notebooks/*.ipynb.
The address stands in one place, the file REPOSITORY; everything else is made from it.  As long as it says
OWNER/REPO there are no badges, and a notebook that has to fetch the project says what to set.
"""

import argparse
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from helpers.base.files import write_aside
from tools import notebook_files as files

UNSET = "OWNER/REPO"
COLAB = "https://colab.research.google.com/github/%s/blob/main/notebooks/%s"
BINDER = "https://mybinder.org/v2/gh/%s/main?labpath=notebooks/%s"
BLOCK = re.compile(r"<!-- badges -->.*?<!-- /badges -->", re.DOTALL)


def badges(repository, notebook):
    """Markdown of the two badges that open ``notebook`` (file name) on Colab and on Binder."""
    colab = "[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](%s)"
    binder = "[![Open on Binder](https://mybinder.org/badge_logo.svg)](%s)"
    return "%s %s" % (colab % (COLAB % (repository, notebook)), binder % (BINDER % (repository, notebook)))


def on_colab(repository, name, names):
    """Markdown of a row of links to all notebooks (``names``, file names) on Colab; the open one, ``name``, is bold.

    Colab shows a notebook without the folder that it lies in, so that the notebooks' own links lead nowhere there.
    """
    shown = {each: each.split(".")[0].replace("_", " ") for each in names}
    links = ["[%s](%s)" % (shown[each], COLAB % (repository, each)) for each in names]
    return "On Colab: %s" % " · ".join(
        "**%s**" % shown[each] if each == name else link for each, link in zip(names, links)
    )


def link_notebook(notebook, name, repository, names):
    """Put the address into a notebook (a dict, changed in place); ``names`` are the file names of all of them."""
    cells = [cell for cell in notebook["cells"] if cell["id"] != "badges"]
    if repository != UNSET:
        text = "%s\n\n%s" % (badges(repository, name), on_colab(repository, name, names))
        cells.insert(0, {"cell_type": "markdown", "id": "badges", "metadata": {}, "source": []})
        files.set_source(cells[0], text)
    notebook["cells"] = cells
    for cell in cells:
        if cell["cell_type"] == "code" and files.PROJECT_LINE.search(files.source(cell)):
            line = 'PROJECT = "https://github.com/%s"' % repository
            files.set_source(cell, files.PROJECT_LINE.sub(line, files.source(cell)))


def link(root, repository):
    """Put the address into the project at ``root``."""
    with write_aside(os.path.join(root, "REPOSITORY")) as file:
        file.write(repository + "\n")
    names = [os.path.basename(path) for path in files.paths(root)]
    for path, name in zip(files.paths(root), names):
        notebook = files.read(path)
        link_notebook(notebook, name, repository, names)
        files.write(path, notebook)
    lines = ["%s %s" % (badges(repository, name), name.split(".")[0]) for name in names if repository != UNSET]
    readme = os.path.join(root, "README.md")
    with open(readme, encoding="utf-8") as file:
        text = file.read()
    with write_aside(readme) as file:
        file.write(BLOCK.sub("\n\n".join(["<!-- badges -->"] + lines + ["<!-- /badges -->"]), text))


def parser():
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python3 tools/links.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("repository", nargs="?", default="", metavar="OWNER/NAME", help="the repository on GitHub")
    return made


def main(arguments):
    """The command line."""
    repository = parser().parse_args(arguments).repository
    if not re.match(r"^[A-Za-z0-9][\w.-]*/[\w.-]+$", repository):
        print("error: name the repository on GitHub, for example make links REPO=owner/name", file=sys.stderr)
        return 1
    try:
        link(files.ROOT, repository)
    except OSError as error:
        print(f"error: the address cannot be written into {files.ROOT}: {error.strerror}", file=sys.stderr)
        return 1
    print("All badges and set-up cells point to https://github.com/%s now; commit them." % repository)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
