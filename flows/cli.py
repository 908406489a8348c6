"""The command `shruti`: its verbs, and what becomes of their errors."""

from __future__ import annotations

import errno
import logging
from typing import Any

import typer
from typer.core import TyperGroup

from flows import screen
from flows.commands import archive, catalogue, evaluate, finetune, iterate, models, plan, read, review, run, stages
from mining.errors import EnvironmentProblem, InputError, ShrutiError
from mining.store import NO_ROOM

INTERRUPTED = 130  # what shells give a program that ended by Ctrl-C
_BAD_PATH = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)


class Verbs(TyperGroup):
    """Commands whose expected errors end in a message and an exit code, not in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a verb."""
        logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[screen.Notes()])
        try:
            return super().invoke(ctx)
        except ShrutiError as error:
            screen.complain(error)
            raise typer.Exit(error.exit_code) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader has left, as `head` does; typer knows
                raise
            problem = _explain(error)
            screen.complain(problem)
            raise typer.Exit(problem.exit_code) from error
        except KeyboardInterrupt as error:
            screen.note("Interrupted. Run the same command again: it goes on from here.")
            raise typer.Exit(INTERRUPTED) from error


def _explain(error: OSError) -> ShrutiError:
    """An error of the system that nobody foresaw, with the place that it is about."""
    place = error.filename or "The disk"
    reason = error.strerror or type(error).__name__
    if error.errno in _BAD_PATH:
        return InputError(f"{place}: cannot be read ({reason}).", "Check the path.")
    advice = "Make room, and run it again." if error.errno in NO_ROOM else "Check its permissions, or choose another folder."
    return EnvironmentProblem(f"{place}: cannot be used ({reason}).", advice)


app = typer.Typer(
    name="shruti",
    cls=Verbs,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Mines training data for speech recognition out of long recordings and the documents that were read from.",
    epilog="Exit codes: 0 done; 1 an error of Shruti's own; 2 wrong usage; 3 unusable input; 4 nothing mined; "
    "5 some recordings failed; "
    "6 a program, model or language data is missing, or a folder cannot be written; 130 interrupted.",
)
for module in (run, stages, read, review, evaluate, catalogue, archive, plan, models, iterate, finetune):
    module.register(app)


def main() -> None:
    """Entry point of the command."""
    app()


if __name__ == "__main__":
    main()
