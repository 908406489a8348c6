"""Where the work of a recording is done: in this process, in processes beside it, or on the workers of a Dask cluster.

Prefect's tasks run in threads of the process that runs the flow; each hands its recording to a place and waits. So workers
need neither Prefect nor a way to its server, and one that dies takes no more with it than the recording that it had.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from mining.cores import CORES, cores
from mining.errors import EnvironmentProblem, UsageError

RUNNERS = ("processes", "threads", "dask")
"""The kinds of place; the first is the default."""

DEATHS = 2  # workers that may die with a recording before it is taken to be its fault
Result = TypeVar("Result")


class Here:
    """This process. Several threads share one Python, so they gain where programs and numpy do the work, and less elsewhere."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def __enter__(self) -> Here:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Nothing to end."""

    def warm_up(self, load: Callable[[], None]) -> None:
        """Begin to load what recordings will need, and come back at once."""
        threading.Thread(target=load, daemon=True).start()

    def run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Call `work` and return what it returns."""
        return work(*arguments)


class Processes(Here):
    """Processes of this machine, each by itself: when one is killed, for want of memory say, the others go on."""

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self._share = max(1, cores() // workers)
        self._stopped = False
        self._idle: queue.SimpleQueue[ProcessPoolExecutor | None] = queue.SimpleQueue()
        for _ in range(workers):
            self._idle.put(None)  # each is started when it is first needed

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is not None:  # Ctrl-C, say: nobody waits for what they have in hand, and it will be begun again
            self._stopped = True
            for child in active_children():
                if child.pid:
                    _kill(child.pid)
        for _ in range(self.workers):
            with contextlib.suppress(queue.Empty):
                if process := self._idle.get_nowait():
                    process.shutdown(wait=True, cancel_futures=True)

    def warm_up(self, load: Callable[[], None]) -> None:
        """Start all processes, let each load what recordings will need, and come back at once."""
        for _ in range(self.workers):
            process = self._idle.get() or self._begun()
            process.submit(load)
            self._idle.put(process)

    def _begun(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(1, get_context("spawn"), _begin, (self._share, os.getpid()))

    def run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Call `work` in a process that is idle.

        Raises:
            EnvironmentProblem: processes died over it, `DEATHS` times.
        """
        process = self._idle.get()
        try:
            for _ in range(DEATHS):
                if self._stopped:
                    raise EnvironmentProblem("The run was stopped.", "Run the same command again: it goes on from there.")
                process = process or self._begun()
                try:
                    return process.submit(work, *arguments).result()
                except BrokenProcessPool:
                    process.shutdown(wait=False)
                    process = None
        finally:
            self._idle.put(process)
        raise _killed("its process")


class Dask(Here):
    """The workers of a running Dask cluster. A recording whose worker dies goes to another one.

    Workers see the same folders under the same names (a shared disk), and have the same version of this program.
    """

    def __init__(self, address: str, out: Path, workers: int = 0) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise EnvironmentProblem(
                "Dask is not installed.", "Install the extra dask: pip install -c constraints.txt '.[dask]' in a clone of Shruti."
            ) from error
        logging.getLogger("distributed").setLevel(logging.ERROR)
        try:
            self._client = Client(address, timeout=30, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise EnvironmentProblem(
                f"No Dask scheduler answers at {address} ({error}).", "Start one with `dask scheduler`, or check --dask."
            ) from error
        slots = sum(self._client.nthreads().values())
        if not slots:
            self._client.close()
            raise EnvironmentProblem(
                f"The Dask scheduler at {address} has no workers.", "Start some: dask worker ADDRESS --nthreads 1"
            )
        self._check(out)
        # More wait at the scheduler than run, so that no worker is idle between two recordings, and workers may join.
        super().__init__(workers or 2 * slots + 2)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def run(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Call `work` on a worker.

        Raises:
            EnvironmentProblem: workers died over it, or the cluster is gone.
        """
        from distributed import CancelledError, KilledWorker

        try:
            return self._client.submit(_on_one_core, work, *arguments, pure=False).result()
        except KilledWorker as error:
            raise _killed("its Dask worker") from error
        except CancelledError as error:
            raise EnvironmentProblem("The Dask cluster is gone.", "Start it again, and run the same command.") from error

    def warm_up(self, load: Callable[[], None]) -> None:
        """Workers of a cluster are left alone."""

    def _check(self, out: Path) -> None:
        """Raise EnvironmentProblem where a worker does not see the folder of the run, or lacks the program."""
        try:
            seen = self._client.run(_sees, str(out))
        except Exception as error:  # whatever an import can raise, over there
            raise EnvironmentProblem(
                f"A Dask worker cannot run Shruti ({error}).", "Install the same version on all of them."
            ) from error
        if blind := sorted(worker for worker, sees in seen.items() if not sees):
            raise EnvironmentProblem(
                f"{out}: not seen by the Dask worker {blind[0]}.", "Give a folder on a disk that all of them share."
            )


def _sees(out: str) -> bool:
    importlib.import_module("mining.steps")  # what comes first, the program, is asked for as well
    return Path(out).is_dir()


def _on_one_core(work: Callable[..., Result], *arguments: Any) -> Result:
    """What a Dask worker calls; it has one core, unless its environment says otherwise."""
    os.environ.setdefault(CORES, "1")
    return work(*arguments)


def _killed(what: str) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"Each time it was tried, {what} was killed ({DEATHS} times or more).",
        "Most often memory ran out: run it with fewer --workers.",
    )


def place(runner: str, workers: int, dask: str, out: Path) -> Here:
    """The place that flags name.

    Args:
        runner: one of `RUNNERS`.
        workers: recordings at a time; 0 for as many as suit: one a core, but one alone for threads.
        dask: address of a Dask scheduler, as in tcp://10.0.0.1:8786.
        out: the folder of the run, which workers must see.

    Raises:
        UsageError: flags that do not go together.
        EnvironmentProblem: the cluster cannot be used.
    """
    if (runner, workers) in _READY:
        return _READY.pop((runner, workers))
    if runner not in RUNNERS:
        raise UsageError(f"Unknown runner {runner!r}.", f"There are {', '.join(RUNNERS)}.")
    if workers < 0:
        raise UsageError(f"--workers is {workers}.", "Give 1 or more, or 0 for one a core.")
    if (runner == "dask") != bool(dask):
        raise UsageError(
            "--runner dask and --dask ADDRESS go together.", "Give both, as in --runner dask --dask tcp://10.0.0.1:8786"
        )
    if runner == "dask":
        return Dask(dask, out, workers)
    if runner == "threads":
        return Here(workers or 1)
    return Processes(workers or cores())


def get_ready(runner: str, workers: int, load: Callable[[], None]) -> None:
    """Let the place that `place` will give warm up now, while something else is started; for a cluster there is nothing to do.

    Args:
        load: loads what a recording will need; something that other processes find by its name, with its arguments.

    Raises:
        UsageError: see `place`.
    """
    if runner != "dask":
        made = place(runner, workers, "", Path())
        made.warm_up(load)
        _READY[runner, workers] = made


_READY: dict[tuple[str, int], Here] = {}


def _begin(share: int, parent: int) -> None:
    """Set up a process that works for another: its share of the cores, and an end when the other one ends."""
    os.environ[CORES] = str(share)
    os.setpgid(0, 0)  # a group with the programs that it starts, such as Tesseract, so that all of them can be ended
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other one's to answer
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """Leave at once when the process that this one works for is gone, even killed: nobody waits for the result."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os.killpg(0, signal.SIGKILL)


def _kill(process: int) -> None:
    """Kill a process that `_begin` has set up, and the programs that it has started."""
    for kill in (os.killpg, os.kill):  # the second for one that has no group yet
        with contextlib.suppress(ProcessLookupError):
            kill(process, signal.SIGKILL)
