"""The command line of ``python -m helpers.conversion.hub``."""

import argparse
import sys
from typing import List, Optional

from helpers.base import events, values
from helpers.base.history import capital
from helpers.conversion import hub


def main(argv: Optional[List[str]] = None) -> None:
    """Run the command line; ends with code 1 and one sentence when something is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.conversion.hub",
        description=hub.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True
    command = commands.add_parser("push", help="put a model on the Hub", description="Put a model on the Hub.")
    command.add_argument("folder", type=values.given, help="exported or fine-tuned model")
    command.add_argument("repo_id", type=values.given, metavar="OWNER/NAME", help="what it is called there")
    command.add_argument("--public", action="store_true", help="for everybody to see (default: private)")
    command = commands.add_parser(
        "fetch", help="fetch a pre-trained ELECTRA", description="Fetch a pre-trained ELECTRA."
    )
    command.add_argument(
        "repo_id", type=values.given, nargs="?", default=hub.ARTICLES, metavar="OWNER/NAME", help="default: %(default)s"
    )
    command.add_argument("folder", type=values.given, help="folder to write")
    command.add_argument("--revision", type=values.given, help="branch or commit")
    text = "fetch both halves of a pre-trained ELECTRA, for a training that starts from them"
    command = commands.add_parser("fetch-start", help=text, description=f"{capital(text)}.")
    command.add_argument(
        "repo_id",
        type=values.given,
        metavar="OWNER/NAME",
        help="with both in it, or without -discriminator, -generator",
    )
    command.add_argument("folder", type=values.given, help="folder to write, for INIT_CHECKPOINT or init_checkpoint")
    command.add_argument("--revision", type=values.given, help="branch or commit")
    arguments = parser.parse_args(argv)

    def work(reporter):
        if arguments.command == "push":
            print(hub.push(arguments.folder, arguments.repo_id, not arguments.public))
        else:
            fetch = hub.fetch if arguments.command == "fetch" else hub.fetch_start
            print(fetch(arguments.repo_id, arguments.folder, arguments.revision))

    events.run(work)


if __name__ == "__main__":
    sys.exit(main())
