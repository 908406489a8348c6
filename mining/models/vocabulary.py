"""Another vocabulary for a model: its output layer anew, with what the former one knew of the same letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from mining.documents.scripts import in_script, main_script, script_of
from mining.errors import UsageError
from mining.models import network

LEAST = 2  # times that a letter must occur in the texts to be one of the vocabulary


def adapt(model: Any, processor: Any, texts: Iterable[str]) -> Any:
    """Give a CTC model the letters that `texts` are written in; returns the processor that goes with it.

    A letter that the former vocabulary had keeps its weights; one that it had in the other case only, or that stands for
    the same in another Brahmic script, gets a copy of that one's, so that a model of capitals or of the common inventory
    learns small letters or a script from where it is. Any other begins at random. The network below stays as it is.

    Args:
        model: a CTC model of transformers; its `lm_head` is replaced in place.
        processor: the model's own, or None where it has no tokenizer yet.
        texts: normalised.

    Raises:
        UsageError: a model without a linear `lm_head`.
    """
    former = getattr(model, "lm_head", None)
    if not isinstance(former, torch.nn.Linear):
        raise UsageError(f"A {type(model).__name__} has no output layer that can be replaced.", "Use a CTC model.")
    fresh = network.processor(network.vocabulary(texts, LEAST), getattr(processor, "feature_extractor", None))
    tokenizer = fresh.tokenizer
    tokens = tokenizer.get_vocab()
    known = _known(processor, model)
    head = torch.nn.Linear(former.in_features, len(tokens), former.bias is not None).to(former.weight)
    torch.nn.init.normal_(head.weight, std=getattr(model.config, "initializer_range", 0.02))
    with torch.no_grad():
        if head.bias is not None:
            head.bias.zero_()
        for token, row in tokens.items():
            old = known.get(token)
            if old is not None and old < former.out_features:
                head.weight[row] = former.weight[old]
                if head.bias is not None:
                    head.bias[row] = former.bias[old]
    model.lm_head = head
    model.config.vocab_size = len(tokens)
    model.config.pad_token_id = tokenizer.pad_token_id
    return fresh


class _Fellows(dict[str, int]):
    """Rows of a head by token, where a token may also be asked for in another case or script than it has there."""

    def __init__(self, rows: Mapping[str, int]) -> None:
        super().__init__(rows)
        self._script = main_script(token for token in rows if len(token) == 1)  # <pad> and <unk> are no Latin

    def get(self, token: str, default: Any = None) -> Any:
        """The row of a token or of its fellow; of a letter that two are written for, the first one's."""
        if token in self or len(token) != 1:
            return super().get(token, default)
        fellows = [token.lower(), token.upper()]
        if self._script is not None and script_of(token) is not None:
            fellows.append(in_script(token, self._script)[:1])
        return next((self[fellow] for fellow in fellows if fellow in self), default)


def _known(processor: Any, model: Any) -> _Fellows:
    """The rows that a model's head has for letters, and for those tokens that every vocabulary of ours has."""
    tokenizer = getattr(processor, "tokenizer", None)
    if tokenizer is None:
        return _Fellows({})
    rows = {token: row for token, row in tokenizer.get_vocab().items() if isinstance(row, int)}
    ours = {
        network.PAD: tokenizer.pad_token_id if tokenizer.pad_token_id is not None else model.config.pad_token_id,
        network.DELIMITER: rows.get(getattr(tokenizer, "word_delimiter_token", None) or network.DELIMITER),
        network.UNKNOWN: tokenizer.unk_token_id,
    }
    return _Fellows(rows | {token: row for token, row in ours.items() if row is not None})
