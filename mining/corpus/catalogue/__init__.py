"""An archive's catalogue: a row for each recording, with where it and its document lie. docs/catalogue.md tells the formats."""

from mining.corpus.catalogue.check import check_catalogue
from mining.corpus.catalogue.entry import Entry
from mining.corpus.catalogue.read import read_catalogue, snapshot

__all__ = ["Entry", "check_catalogue", "read_catalogue", "snapshot"]
