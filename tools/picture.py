"""Take one picture out of an executed notebook, for README: python tools/picture.py NOTEBOOK CELL_ID PICTURE.png"""

import base64
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from tools import notebook_files


def main(notebook, cell_id, picture):
    cells = notebook_files.read(notebook)["cells"]
    outputs = [output for cell in cells if cell["id"] == cell_id for output in cell["outputs"]]
    pictures = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    if not pictures:
        raise SystemExit("error: cell %s of %s shows no picture; run make tutorial first" % (cell_id, notebook))
    with open(picture, "wb") as file:
        file.write(base64.b64decode(pictures[-1]))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
