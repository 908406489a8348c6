"""What can go wrong, as exceptions that carry an exit code and advice.

An expected failure of *data* (a sentence that nobody reads, a stretch of music) is never an
exception: it is a `Rejection` with a reason. These classes are for a wrong argument, an input
file that cannot be used, or a broken environment.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_FAILURE = 1  # a bug in Shruti
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_NOTHING_MINED = 4
EXIT_PARTIAL = 5
EXIT_ENVIRONMENT = 6


class ShrutiError(Exception):
    """Base of all expected failures: one sentence with the value, one with the remedy.

    Args:
        message: what was wrong, with the value that was wrong.
        advice: what to do about it.
    """

    exit_code = EXIT_FAILURE

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __reduce__(self) -> tuple[type[ShrutiError], tuple[str, str]]:
        """Keep both sentences when the error crosses a process border (Dask, pools)."""
        return (type(self), (self.message, self.advice))

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class UsageError(ShrutiError):
    """An argument is wrong: an unknown language, strategy, stage or recording."""

    exit_code = EXIT_USAGE


def check_within(name: str, value: float, least: float, most: float) -> None:
    """Raise UsageError unless least <= value <= most."""
    if not least <= value <= most:
        raise UsageError(f"{name} is {value}.", f"Give a number from {least:g} to {most:g}.")


class InputError(ShrutiError):
    """An input file cannot be used: empty, truncated, encrypted, or not what it claims to be."""

    exit_code = EXIT_INPUT


class EnvironmentProblem(ShrutiError):
    """A program, a model or language data is missing, or a folder cannot be written."""

    exit_code = EXIT_ENVIRONMENT


class Unreachable(EnvironmentProblem):
    """Something that may be there again later, such as a server: the only error that is worth another try by itself."""
