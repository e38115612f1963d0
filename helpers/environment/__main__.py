"""Find the environment that everything runs in, or make it: a Python with TensorFlow and all that goes with it.

python3 -m helpers.environment
python3 -m helpers.environment --tensorflow auto --print-python
"""

import argparse
import sys
from typing import Optional, Sequence

from helpers import environment
from helpers.base import events, values
from helpers.base.errors import TutorialError, explain


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """The command line; prints one sentence and ends with code 1 when no environment can be had."""
    parser = argparse.ArgumentParser(
        prog="python3 -m helpers.environment",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--tensorflow",
        type=values.given,
        default="auto",
        help="auto (default: 1.15 where it can be had, else 2.x), 1.15 or 2",
    )
    parser.add_argument("--print-python", action="store_true", help="print the path of its Python and nothing else")
    options = parser.parse_args(arguments)
    events.on_stop()
    try:
        if options.tensorflow == "kernel":
            raise TutorialError("TENSORFLOW=kernel is for notebooks: use auto, 1.15 or 2 here.")
        if options.tensorflow not in environment.CHOICES:
            raise TutorialError(f"TENSORFLOW is {options.tensorflow!r}: use auto, 1.15 or 2.")
        python = environment.home(options.tensorflow, strict=True)
        if options.print_python:
            print(python)
            return 0
        print(f"Interpreter {python}")
        environment.setup(options.tensorflow, notebook=False)
        print(environment.device_report().partition("\n")[2])  # the first line is about a notebook's kernel
        return 0
    except TutorialError as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        message = explain(error)
        if message is None:
            raise
        print(f"error: {message}", file=sys.stderr)
    except KeyboardInterrupt:
        print("stopped; run it again to make the environment anew", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(events.until_read(main))
