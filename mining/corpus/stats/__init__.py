"""What came out of what, and how diverse it is: hours, yield and reasons of a run; words, speakers, regions and names."""

from mining.corpus.stats.count import MINED, by_reason, kept, stats, survey
from mining.corpus.stats.diversity import Diversity
from mining.corpus.stats.table import table

__all__ = ["MINED", "Diversity", "by_reason", "kept", "stats", "survey", "table"]
