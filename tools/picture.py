"""Take one picture out of an executed notebook, for README.

python3 tools/picture.py runs/tutorial/electra_spanish.ipynb picture docs/verdict.png
"""

import argparse
import base64
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tools import notebook_files


def parser():
    """The command line."""
    made = argparse.ArgumentParser(
        prog="python3 tools/picture.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("notebook", help="an executed notebook")
    made.add_argument("cell_id", help="id of the cell that shows the picture")
    made.add_argument("picture", help="the PNG file to write")
    return made


def main(notebook, cell_id, picture):
    cells = notebook_files.read(notebook)["cells"]
    outputs = [output for cell in cells if cell["id"] == cell_id for output in cell["outputs"]]
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    if not pictures:
        raise SystemExit("error: cell %s of %s shows no picture; run make tutorial first" % (cell_id, notebook))
    with open(picture, "wb") as file:
        file.write(base64.b64decode(pictures[-1]))


if __name__ == "__main__":
    main(**vars(parser().parse_args()))
