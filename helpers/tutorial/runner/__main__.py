"""The command line of the notebook runner.

python -m helpers.tutorial.runner notebooks/2_data.ipynb build/2_data.ipynb --parameters '{"MEGABYTES": [1]}'
"""

import argparse
import json
import sys
from typing import Optional, Sequence

from helpers.base import events, values
from helpers.base.errors import TutorialError
from helpers.tutorial import runner


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command line; ends with code 1 and one sentence when the notebook fails."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.tutorial.runner",
        description=runner.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("notebook", type=values.given, help="the notebook to run")
    parser.add_argument("output", type=values.given, help="where to write it with its outputs")
    parser.add_argument("--cwd", type=values.given, help="where the kernel starts (default: the notebook's folder)")
    parser.add_argument("--parameters", type=json.loads, default={}, metavar="JSON", help="a JSON object")
    options = parser.parse_args(arguments)
    try:
        measured = runner.run(options.notebook, options.output, options.parameters, options.cwd)
    except TutorialError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    picture = measured["first_picture"]
    words = [f"{measured['total']} s", f"first picture after {picture} s" if picture else "no picture"]
    print(", ".join(words + [f"{measured['memory_mb']} MB"]))
    return 0


if __name__ == "__main__":
    sys.exit(events.until_read(main))
