"""Models to be trained further: with a head and a vocabulary, or encoders that are still to be given both."""

from __future__ import annotations

import json
import logging
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from pickle import UnpicklingError
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import torch

from mining import store
from mining.errors import EnvironmentProblem, UsageError
from mining.models import network
from mining.models.checkpoint import check_free
from mining.models.vocabulary import adapt
from mining.pairs.tokens import case_of, writing
from mining.records import SAMPLE_RATE
from mining.speech import ctc_model
from mining.speech.ctc_model import quiet

if TYPE_CHECKING:
    from mining.documents.languages import Language

VOCABULARIES = ("auto", "keep", "build")
_TAPS = 400  # of the filters that the small network begins with, see `network.network`
ENOUGH = 0.99  # share of the letters of the training texts that a vocabulary must write to be kept by itself
FEW = 0.5  # the same, below which it cannot be kept at all: most of what would be learnt is <unk>

_ABSENT = (OSError, ValueError, TypeError, KeyError)  # what transformers raises for files that are not there
_OURS = (".json", ".safetensors", ".bin", ".txt", ".model")  # files of a model's folder that say what it is
_NOTES = ("figures.json", "training.json")

log = logging.getLogger(__name__)


def load(name: str | Path, language: Language | None = None) -> tuple[Any, Any]:
    """Model (float32) and processor from a folder or a hub id, to be trained; see `begin` for one without a head.

    Args:
        language: chooses the adapter of a multilingual model (MMS); what is trained then hears this language alone.

    Raises:
        UsageError: it is no CTC model, or has no vocabulary.
        EnvironmentProblem: it cannot be fetched.
    """
    model, processor = begin(name, language)
    if processor.tokenizer is None:
        raise UsageError(f"Model {name} has no vocabulary yet.", "Have one built of the texts: --vocabulary build.")
    return model, processor


def begin(name: str | Path, language: Language | None = None) -> tuple[Any, Any]:
    """Model (float32) and its processor, whose tokenizer is None where there is none, or no trained head for it.

    Weights are read from safetensors, or else from a pytorch_model.bin as bare tensors: no code of others is run.

    Raises:
        UsageError, EnvironmentProblem: it cannot be loaded.
    """
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCTC, AutoTokenizer

    try:
        with quiet():
            config = AutoConfig.from_pretrained(name, trust_remote_code=False)  # first: it says best what is wrong with a name
            if getattr(config, "vocab_size", 0) is None:  # of an encoder that was never to have a head; `fit` gives it its size
                config.vocab_size = 1
            model, report = AutoModelForCTC.from_pretrained(
                name, config=config, dtype=torch.float32, trust_remote_code=False, output_loading_info=True
            )
            missing = sorted(key for key in report["missing_keys"] if not key.endswith("masked_spec_embed"))
            if headless := any(key.startswith("lm_head.") for key in missing):
                missing = [key for key in missing if not key.startswith("lm_head.")]
            if missing:
                raise UsageError(f"Model {name} has no trained {missing[0]}.", "Use a whole checkpoint of a speech encoder.")
            extractor = _extractor(name, model.config)
            try:
                tokenizer = None if headless else AutoTokenizer.from_pretrained(name, trust_remote_code=False)
            except _ABSENT:
                tokenizer = None
            if tokenizer is not None and getattr(model.config, "adapter_attn_dim", None):
                tokenizer = _of_one_language(model, tokenizer, language)
    except (*_ABSENT, RuntimeError, SafetensorError, UnpicklingError) as error:
        raise ctc_model.explain(str(name), error) from error
    if extractor.sampling_rate != SAMPLE_RATE:
        raise UsageError(f"Model {name} hears at {extractor.sampling_rate} Hz.", f"Use one that hears at {SAMPLE_RATE} Hz.")
    if tokenizer is None:
        return model, SimpleNamespace(feature_extractor=extractor, tokenizer=None)
    if tokenizer.pad_token_id is not None:
        model.config.pad_token_id = tokenizer.pad_token_id
    return model, _processor(extractor, tokenizer)


def _extractor(name: str | Path, config: Any) -> Any:
    """A model's feature extractor; where it has none, the one that models of its make are trained with."""
    from transformers import AutoFeatureExtractor, SeamlessM4TFeatureExtractor

    try:
        return AutoFeatureExtractor.from_pretrained(name, trust_remote_code=False)
    except _ABSENT:
        if config.model_type == "wav2vec2-bert":
            return SeamlessM4TFeatureExtractor(sampling_rate=SAMPLE_RATE)
        extractor = network.processor([]).feature_extractor
        extractor.return_attention_mask = getattr(config, "feat_extract_norm", "layer") == "layer"  # as they were pretrained
        return extractor


def _processor(extractor: Any, tokenizer: Any) -> Any:
    made = network.processor([], extractor)
    made.tokenizer = tokenizer
    return made


def _of_one_language(model: Any, tokenizer: Any, language: Language | None) -> Any:
    """The tokenizer of the one language that a multilingual model is switched to; as it is where it knows but one."""
    if not ctc_model.knows_many(tokenizer):
        return tokenizer
    if language is not None:
        ctc_model.adapt(model, tokenizer, language)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "vocab.json")
        path.write_text(json.dumps(tokenizer.encoder, ensure_ascii=False), encoding="utf8")
        names = ("pad_token", "unk_token", "word_delimiter_token", "bos_token", "eos_token")
        return type(tokenizer)(str(path), **{name: getattr(tokenizer, name) for name in names})


def fit(model: Any, processor: Any, texts: Iterable[str], vocabulary: str, seed: int = 0) -> Any:
    """The processor with which a model is to write `texts`: its own, or that of a vocabulary built of them.

    Args:
        model: from `begin`; another vocabulary takes another head, which is put in its place.
        vocabulary: keep; build; or auto: keep where it writes `ENOUGH` of the letters.
        seed: what a new head begins with is drawn from.

    Raises:
        UsageError: no such choice, there is no vocabulary to keep, or one that writes less than half of the letters.
    """
    if vocabulary not in VOCABULARIES:
        raise UsageError(f"Unknown choice of vocabulary {vocabulary!r}.", f"Choose {', '.join(VOCABULARIES)}.")
    texts, tokenizer = list(texts), processor.tokenizer
    if vocabulary == "keep":
        _check_kept(tokenizer, texts)
    elif vocabulary == "build" or tokenizer is None or written(tokenizer, texts) < ENOUGH:
        torch.manual_seed(seed)
        return adapt(model, processor, texts)
    return processor


def _check_kept(tokenizer: Any, texts: list[str]) -> None:
    """See that a vocabulary serves texts, if need be in the Brahmic script that it has instead of theirs."""
    advice = "Have one built of the texts: --vocabulary build."
    if tokenizer is None:
        raise UsageError("The model has no vocabulary to keep.", advice)
    share = written(tokenizer, map(writing(tokenizer.get_vocab()), texts))
    if share < FEW:
        raise UsageError(f"The model's vocabulary writes only {share:.0%} of the letters of the training texts.", advice)
    if share < ENOUGH:
        log.warning("the model's vocabulary writes %.1f%% of the letters of the training texts", 100 * share)


def written(tokenizer: Any, texts: Iterable[str]) -> float:
    """The share of letters and marks of some texts, spaces left out, that a tokenizer has a token for, in whichever case."""
    fold = case_of(tokenizer.get_vocab())
    counts = Counter(character for text in texts for character in fold(text) if not character.isspace())
    known = sum(count for character, count in counts.items() if _writes(tokenizer, character))
    return known / max(1, counts.total())


def _writes(tokenizer: Any, character: str) -> bool:
    ids = tokenizer(character, add_special_tokens=False).input_ids
    return bool(ids) and None not in ids and tokenizer.unk_token_id not in ids


def is_small(config: Any) -> bool:
    """Whether a model is of the project's own make: a bank of filters instead of a first convolution that is learnt."""
    return list(getattr(config, "conv_kernel", ()))[:1] == [_TAPS]


def is_small_named(name: str | Path) -> bool:
    """The same of a folder or hub id, of which only the configuration is read.

    Raises:
        UsageError, EnvironmentProblem: there is none.
    """
    from transformers import AutoConfig

    try:
        with quiet():
            return is_small(AutoConfig.from_pretrained(name, trust_remote_code=False))
    except _ABSENT as error:
        raise ctc_model.explain(str(name), error) from error


def freeze(model: Any, encoder: bool) -> None:
    """Keep what was learnt from more speech than there is now: a bank of filters always, another's convolutions if asked."""
    if is_small(model.config):
        network.freeze_front_end(model)
    elif encoder and hasattr(model, "freeze_feature_encoder"):
        model.freeze_feature_encoder()


def identity(name: str | Path, model: Any) -> str:
    """What tells a model from any other: a hash of its files, or its revision on the hub."""
    if not Path(name).is_dir():
        return f"{name} {getattr(model.config, '_commit_hash', None) or ''}".strip()
    files = [path for path in sorted(Path(name).iterdir()) if path.suffix in _OURS and path.name not in _NOTES]
    return store.key({path.name: store.content_hash(path) for path in files})


def check_place(out: Path) -> None:
    """Ask before the work whether a model may take a place.

    Raises:
        UsageError: it holds something that is no model, or has no name.
        EnvironmentProblem: it cannot be written.
    """
    check_free(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(f"{out.parent}: cannot be made ({error.strerror}).", "Choose another folder with -o.") from error
