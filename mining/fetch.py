"""Files that lie elsewhere: a location (a path, or a URL of anything that fsspec reads) becomes a local file.

What may pass (timeouts, lost connections, servers that are busy) is tried again after ever longer waits; what will not (no
such file, no permission) is told at once. A copy is whole or not there at all, and one that is there is used again.
"""

from __future__ import annotations

import hashlib
import io
import re
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar
from urllib.parse import unquote, urlsplit

from mining import store
from mining.errors import EnvironmentProblem, InputError, ShrutiError, Unreachable
from mining.names import safe_name

MOST_BYTES = 8 << 30
"""Of a remote file: a day of uncompressed sound in CD quality is 15 GB, in 16 kHz mono 2.8 GB."""
ATTEMPTS = 4
FIRST_WAIT = 1.0  # seconds before the second attempt; every further wait is twice as long
STALL = 60.0  # seconds without a byte after which a connection is given up
LEAST_RATE = 1000.0  # bytes a second below which a transfer is given up, once it has had five times STALL

_LONGEST_WAIT = 60.0  # seconds, however long a server asks for
_BLOCK = 1 << 20
_URL = re.compile(r"[a-z][a-z0-9+.-]*://")
_LOCAL = ("file", "local")
_REMOTE = ("s3", "s3a", "gs", "gcs")
# By their names, since their packages need not be there.
_MAY_PASS = {"HTTPClientError", "ClientConnectionError", "ClientPayloadError", "ConnectionError", "error_temp"}
_NEVER_PASS = {"ClientSSLError", "InvalidURL"}

Result = TypeVar("Result")


class _Broken(Exception):
    """The source failed, not the disk; `__cause__` is how."""


class _Mismatch(Exception):
    """A whole file came, but not the one that its checksum is of."""


def is_remote(location: str) -> bool:
    """Whether a location is a URL of another place; local names may hold colons.

    >>> is_remote("s3://archive/a.mp3"), is_remote("file:///srv/a.mp3"), is_remote("06:45 news.mp3")
    (True, False, False)
    """
    return bool(_URL.match(location)) and protocol(location) not in _LOCAL


def protocol(location: str) -> str:
    """The protocol of a URL; "" where a location is none."""
    return location.partition("://")[0] if _URL.match(location) else ""


def is_web(location: str) -> bool:
    """Whether a location is a URL of the web, whose path is percent-encoded and may be followed by a query."""
    return protocol(location) in ("http", "https")


def local_path(location: str) -> str:
    """The path of a location that is not remote: file:// goes, with its percent-encoding."""
    if protocol(location) not in _LOCAL:
        return location
    return unquote(location.partition("://")[2].removeprefix("localhost"))


def shown(location: str) -> str:
    """A location as messages may show it: without a password."""
    return re.sub(r"://[^/@:]*:[^/@]*@", "://", location)


def fetch(
    location: str,
    folder: Path,
    *,
    most_bytes: int = MOST_BYTES,
    sha256: str = "",
    attempts: int = ATTEMPTS,
    first_wait: float = FIRST_WAIT,
    stall: float = STALL,
) -> Path:
    """The local path of a location: of the file itself, or of a copy in `folder`.

    A remote file is copied to `folder`/<16 hex digits of its location's SHA-256>/<its name>, once.

    Args:
        most_bytes: of a remote file; nothing larger is fetched, whatever the server announces.
        sha256: of the file, in hex; "" if it is not known. It is checked whenever the file is asked for.
        attempts: how often a remote file is tried.
        first_wait: seconds before the second attempt; they double from there.
        stall: seconds without a byte after which a connection is given up.

    Raises:
        InputError: there is no such file, it may not be read, is too large, or not what its checksum says.
        Unreachable: every attempt failed in a way that may pass.
        EnvironmentProblem: a package for the protocol is missing, or `folder` cannot be written.
    """
    if not is_remote(location):
        path = Path(local_path(location))
        if sha256 and store.content_hash(path) != sha256.lower():
            raise _wrong(location, sha256)
        return path
    target = copy_of(location, folder)
    if target.is_file() and (not sha256 or store.content_hash(target) == sha256.lower()):
        return target

    def work() -> Path:
        digest = hashlib.sha256()
        with store.writing(target) as temporary, temporary.open("wb") as file:
            _copy(location, file, most_bytes, stall, digest)
            if sha256 and digest.hexdigest() != sha256.lower():
                raise _Mismatch
        return target

    try:
        return _again(location, work, attempts, first_wait)
    except _Mismatch:
        raise _wrong(location, sha256) from None


def read(
    location: str, most_bytes: int, *, attempts: int = ATTEMPTS, first_wait: float = FIRST_WAIT, stall: float = STALL
) -> tuple[bytes, str]:
    """The bytes of a small file, such as a page, and the location that it was found at in the end, behind redirects.

    Raises:
        ShrutiError: as `fetch` does.
    """
    if not is_remote(location):
        path = Path(local_path(location))
        try:
            return path.read_bytes(), location
        except OSError as error:
            raise InputError(f"{path}: cannot be read ({error.strerror}).", "Check the path and its permissions.") from error

    def work() -> tuple[bytes, str]:
        sink = io.BytesIO()
        place = _copy(location, sink, most_bytes, stall)
        return sink.getvalue(), place

    return _again(location, work, attempts, first_wait)


def copy_of(location: str, folder: Path) -> Path:
    """Where `fetch` keeps its copy of a remote file."""
    path = urlsplit(location).path if is_web(location) else location.partition("::")[0].partition("://")[2]
    name = PurePosixPath(unquote(path) if is_web(location) else path)
    suffix = name.suffix if name.suffix.isprintable() and len(name.suffix.encode()) < 20 else ""
    digest = hashlib.sha256(location.encode(errors="surrogatepass")).hexdigest()[:16]
    return folder / digest / (safe_name(name.name.removesuffix(suffix)) + suffix)  # the suffix tells what the file is


def files_below(location: str) -> list[str]:
    """The files below a remote folder, as paths relative to it, sorted.

    Raises:
        ShrutiError: as `fetch` does.
    """

    def work() -> list[str]:
        try:
            system, path = _system(location, STALL)
            root = system._strip_protocol(path).rstrip("/")
            return sorted(name.removeprefix(root).lstrip("/") for name in system.find(path))
        except ShrutiError:
            raise
        except Exception as error:
            raise _Broken from error

    return _again(location, work, ATTEMPTS, FIRST_WAIT)


# --- attempts -------------------------------------------------------------------------------------------------------


def _again(location: str, work: Callable[[], Result], attempts: int, first_wait: float) -> Result:
    """What `work` returns, tried again where its failure may pass, and once where a checksum is wrong."""
    mismatched = False
    for number in range(attempts):
        last = number + 1 == attempts
        try:
            return work()
        except _Mismatch:
            if mismatched or last:
                raise
            mismatched, wait = True, 0.0
        except _Broken as broken:
            cause = broken.__cause__
            assert cause is not None
            if not _may_pass(cause):
                raise _lasting(location, cause) from cause
            if last:
                why = str(cause) or type(cause).__name__
                raise Unreachable(
                    f"{shown(location)}: cannot be reached ({why}; {attempts} attempts).", "Try it again later."
                ) from cause
            wait = min(max(first_wait * 2**number, _asked_wait(cause)), _LONGEST_WAIT)
        time.sleep(wait)
    raise ValueError("attempts must be at least 1")


def _may_pass(error: BaseException) -> bool:
    status = _status(error)
    if status is not None:
        return status in (408, 425, 429) or 500 <= status < 600
    kinds = {kind.__name__ for kind in type(error).__mro__}
    lasting = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, NotImplementedError)
    if isinstance(error, lasting) or kinds & _NEVER_PASS:
        return False
    return isinstance(error, (OSError, EOFError)) or bool(kinds & _MAY_PASS)


def _status(error: BaseException) -> int | None:
    """The HTTP status of an error, as aiohttp and gcsfs keep it; None where it has none."""
    for name in ("status", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
            return int(value)
    return None


def _asked_wait(error: BaseException) -> float:
    """Seconds that a server asks to wait (Retry-After); 0 where it does not."""
    asked = str((getattr(error, "headers", None) or {}).get("Retry-After", ""))
    return float(asked) if asked.isdecimal() else 0.0


def _lasting(location: str, error: BaseException) -> ShrutiError:
    """What to tell of a failure that will be the same the next time."""
    status = _status(error)
    if isinstance(error, FileNotFoundError) or status in (404, 410):
        return InputError(f"{shown(location)}: there is no such file.", "Check the location.")
    if isinstance(error, PermissionError) or status in (401, 403) or type(error).__name__ == "NoCredentialsError":
        return InputError(f"{shown(location)}: may not be read ({error}).", "See docs/catalogue.md for where credentials go.")
    return InputError(f"{shown(location)}: cannot be fetched ({str(error) or type(error).__name__}).", "Check the location.")


def _wrong(location: str, sha256: str) -> InputError:
    return InputError(f"{shown(location)}: its SHA-256 is not {sha256.lower()}.", "The file, or the catalogue, has changed.")


# --- one attempt ----------------------------------------------------------------------------------------------------


def _copy(location: str, sink: BinaryIO, most_bytes: int, stall: float, digest: Any = None) -> str:
    """Copy a remote file; returns the location that it was found at in the end."""
    try:
        system, path = _system(location, stall)  # kept here: a file inside an archive is closed with its system
        source, announced, place = _open(location, system, path)
    except ShrutiError:
        raise
    except Exception as error:  # whatever fsspec's many systems raise
        raise _Broken from error
    got, began = 0, time.monotonic()
    with source:
        while True:
            if max(got, announced or 0) > most_bytes:
                size = f"{announced:,}" if announced and announced > most_bytes else f"over {most_bytes:,}"
                raise InputError(f"{shown(location)}: is too large ({size} bytes).", f"At most {most_bytes:,} bytes are fetched.")
            try:
                block = source.read(_BLOCK)
                lasted = time.monotonic() - began
                if lasted > 5 * stall and got < lasted * LEAST_RATE:
                    raise TimeoutError(f"{got} bytes in {lasted:.0f} s")
            except Exception as error:
                raise _Broken from error
            if not block:
                break
            got += len(block)
            sink.write(block)
            if digest is not None:
                digest.update(block)
    if announced is not None and got < announced:
        raise _Broken from EOFError(f"it ended after {got} of {announced} bytes")
    return place


def _open(location: str, system: Any, path: str) -> tuple[Any, int | None, str]:
    """A remote file, opened; the bytes that it is said to have, if that is said; and where it was found."""
    if is_web(location):
        # block_size 0: one request for all of it; any size given saves a request for the size.
        headers = {"Accept-Encoding": "identity", **system.kwargs.get("headers", {})}
        source = system.open(path, "rb", block_size=0, size=1, headers=headers)
        answer = source.r
        length = answer.headers.get("Content-Length", "")
        plain = "Content-Encoding" not in answer.headers  # else fewer bytes travel than are read
        return source, int(length) if plain and length.isdecimal() else None, str(answer.url)
    about = system.info(path)
    if about.get("type") == "directory":
        raise InputError(f"{shown(location)}: is a folder.", "Name a file in it.")
    return system.open(path, "rb"), about.get("size"), location


def _system(location: str, stall: float) -> tuple[Any, str]:
    """fsspec's file system for a location, and the path within.

    Raises:
        InputError: there is no such protocol.
        EnvironmentProblem: its package is not installed.
    """
    import fsspec
    from fsspec.config import conf

    name = protocol(location)
    try:
        if is_web(location):
            import aiohttp

            limits = aiohttp.ClientTimeout(total=None, sock_connect=min(stall, 30.0), sock_read=stall)
            own = conf.get(name, {}).get("client_kwargs", {})  # as from ~/.config/fsspec: headers, credentials
            return fsspec.filesystem(name, client_kwargs={"trust_env": True, "timeout": limits, **own}), location
        return fsspec.url_to_fs(location)
    except ImportError as error:
        advice = "Install what it names with pip."
        if name in _REMOTE:
            advice = "Install the extra remote: pip install -c constraints.txt '.[remote]' in a clone of Shruti."
        raise EnvironmentProblem(f"{shown(location)}: {name}:// needs a package that is missing ({error}).", advice) from error
    except ValueError as error:
        raise InputError(f"{shown(location)}: cannot be fetched ({error}).", "Check the location.") from error
