"""Sentences and emissions to pairs, and pairs to what is kept and what is rejected, with a reason."""
