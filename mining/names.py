"""Names for files and folders, made of whatever text an archive or a URL has."""

from __future__ import annotations

import hashlib
import unicodedata

_NEVER = {"Cc", "Cs", "Zl", "Zp"}  # control characters, halves of characters, line and paragraph separators
MOST_BYTES = 120  # of a name: file systems allow 255, and names get suffixes


def safe_name(text: str) -> str:
    """A text as a name that any file system takes, and that people can still read.

    Slashes and control characters become "-", dots and spaces at the beginning go; what is longer than `MOST_BYTES` is cut and
    ends in eight hex digits of the whole. Letters of every script, spaces and quotes stay as they are.

    >>> safe_name("../पटना/0830 'news'")
    "-पटना-0830 'news'"
    """
    name = text
    if not text.isprintable() or "/" in text or "\\" in text:
        name = "".join("-" if c in "/\\" or unicodedata.category(c) in _NEVER else c for c in text)
    name = name.lstrip(". \t").rstrip()
    encoded = name.encode()
    if name and len(encoded) <= MOST_BYTES:
        return name
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{encoded[:MOST_BYTES].decode(errors='ignore')}-{digest}".lstrip("-")
