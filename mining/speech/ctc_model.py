"""Any CTC model that transformers loads, from a folder or the hub: its weights as bare tensors, no code of others."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mining.documents.scripts import BLOCKS, in_script, main_script, script_of
from mining.errors import EnvironmentProblem, ShrutiError, UsageError
from mining.records import SAMPLE_RATE
from mining.speech.geometry import FrameGeometry, frame_geometry

if TYPE_CHECKING:
    import torch

    from mining.documents.languages import Language

BUNDLED = Path(__file__).parent.parent / "data" / "models"
_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w.-]+")
_NOT_TRAINED = ("masked_spec_embed",)  # only pre-training needs it; many checkpoints leave it out
_ISO_639_3 = {"ori": "ory"}  # where Tesseract's name, else ISO 639-3, is a macrolanguage's


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a network is given for some clips: its tensors by name, still on the CPU, and the frames of each clip."""

    inputs: dict[str, torch.Tensor]
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CtcModel:
    """A network that hears, with all that is needed to read what it says.

    `vocabulary`, `blank`, `delimiter` and `specials` are as in `Emissions`; `frames` tells which
    samples a frame stands for; `masks_padding` whether clips of different lengths may share a batch
    without hearing each other's padding.
    """

    name: str
    network: Any
    extractor: Any
    frames: FrameGeometry
    vocabulary: tuple[str, ...]
    blank: int
    delimiter: int
    specials: tuple[int, ...]
    masks_padding: bool

    @property
    def device(self) -> str:
        """Where the network computes, as torch calls it: cpu, cuda:0, mps."""
        return str(next(self.network.parameters()).device)

    def log_probs(self, clips: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Hear one batch.

        Args:
            clips: float32 samples in -1..1 at 16 kHz, each at least one frame long.

        Returns:
            Natural log-probabilities for each clip, float32, shape (frames.count(samples), tokens).

        Raises:
            UsageError: the network gives another number of frames than its geometry says.
        """
        return self.hear(self.prepare(clips))()

    def prepare(self, clips: Sequence[np.ndarray]) -> Batch:
        """What the network is given for one batch, with nothing asked of the network or its device yet: any thread may."""
        inputs = self.extractor(list(clips), sampling_rate=SAMPLE_RATE, padding=True, return_tensors="pt")
        counts = tuple(self.frames.count(len(clip)) for clip in clips)
        pinned = self.device.startswith("cuda")  # else the copy to the device holds up whoever asks for it
        return Batch({name: tensor.pin_memory() if pinned else tensor for name, tensor in inputs.items()}, counts)

    def hear(self, batch: Batch) -> Callable[[], list[np.ndarray]]:
        """Set the network to work on a batch; what is returned waits for it, and gives what `log_probs` does.

        On a GPU this comes back at once, so that the next batch can be set to work before the results of this one are
        waited for; elsewhere the work is done before it comes back.

        Raises:
            UsageError: see `log_probs`.
        """
        import torch

        parameter = next(self.network.parameters())
        inputs = {
            name: tensor.to(parameter.device, parameter.dtype if tensor.is_floating_point() else None, non_blocking=True)
            for name, tensor in batch.inputs.items()
        }
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask", UserWarning)  # WavLM's own doing
            logits = self.network(**inputs).logits.float()
            most = max(batch.counts)
            if not 0 <= logits.shape[1] - most <= 1:  # one more where the extractor rounds its padding up
                raise UsageError(
                    f"Model {self.name}: {logits.shape[1]} frames where its configuration promises {most}.",
                    "Its frame times would be wrong; use another model.",
                )
            waiting = parameter.is_cuda
            values = logits.log_softmax(-1).to("cpu", non_blocking=waiting)
            copied = torch.cuda.Event() if waiting else None
            if copied is not None:
                copied.record(torch.cuda.current_stream(parameter.device))

        def heard() -> list[np.ndarray]:
            if copied is not None:
                copied.synchronize()
            return [row[:count] for row, count in zip(values.numpy(), batch.counts, strict=True)]

        return heard


def load_model(name: str, device: str = "auto", language: Language | None = None) -> CtcModel:
    """Load a CTC model.

    Weights are read from safetensors, or from a pytorch_model.bin, of which torch takes nothing but tensors.

    Args:
        name: a folder, the name of a bundled model (`hi`), or a hub id; empty for the language's default.
        device: auto, cpu, cuda, cuda:N or mps. On CUDA weights are float16, elsewhere float32,
            whatever the checkpoint holds.
        language: for the default, and for the adapter of a multilingual model (MMS).

    Raises:
        UsageError: no such model, no CTC model, or no adapter for the language; with what there is.
        EnvironmentProblem: the hub cannot be reached, or the device is not there.
    """
    place = resolve(name, language)
    target = chosen_device(device)
    network, extractor, tokenizer = _load(place, language)
    vocabulary, blank, delimiter, specials = _tokens(tokenizer, network.config)
    if language is not None and language.script in BLOCKS:
        vocabulary = _in_script(vocabulary, {blank, delimiter, *specials}, language.script)
    if extractor.sampling_rate != SAMPLE_RATE:
        raise UsageError(f"Model {place} hears at {extractor.sampling_rate} Hz.", f"Use one that hears at {SAMPLE_RATE} Hz.")
    return CtcModel(
        name=place,
        network=network.to(target, _dtype(target)).eval(),
        extractor=extractor,
        frames=frame_geometry(network.config, extractor),
        vocabulary=vocabulary,
        blank=blank,
        delimiter=delimiter,
        specials=specials,
        masks_padding=_masks_padding(extractor, network.config),
    )


def _in_script(vocabulary: tuple[str, ...], silent: set[int], script: str) -> tuple[str, ...]:
    """The tokens of a model that writes another Brahmic script, in this one; what this one has no letter for as it is."""
    written = main_script(token for i, token in enumerate(vocabulary) if i not in silent)
    if written is None or written == script:
        return vocabulary
    moved = {token: in_script(token, script) for token in vocabulary if any(script_of(c) == written for c in token)}
    return tuple(moved.get(token) or token for token in vocabulary)


def _masks_padding(extractor: Any, config: Any) -> bool:
    """Whether padding goes unheard: despite a mask, a group norm averages over it and a strided adapter reaches into it."""
    leaks = getattr(config, "feat_extract_norm", "") == "group" or getattr(config, "add_adapter", False)
    return bool(extractor.return_attention_mask) and not leaks


def bundled_models() -> list[str]:
    """Names of the models that come with Shruti."""
    return sorted(path.parent.name for path in BUNDLED.glob("*/config.json"))


def _choices() -> str:
    bundled = ", ".join(bundled_models()) or "none"
    return f"Give a folder, a hub id such as facebook/mms-1b-all, or a bundled model ({bundled})."


def resolve(name: str, language: Language | None) -> str:
    """Turn a name into a folder or a hub id; what a hub id holds is not asked here.

    Raises:
        UsageError: it can be neither, or there is no name and the language has no default.
        EnvironmentProblem: a bundled model is missing.
    """
    wanted = name or (language.model if language else "")
    if wanted == "bundled" and language is not None:
        if language.code not in bundled_models():
            raise EnvironmentProblem(
                f"The bundled model for {language.name} is missing in {BUNDLED}.", "Install Shruti again, or use --model."
            )
        return str(BUNDLED / language.code)
    if not wanted:
        who = f"{language.name} has no default model." if language else "No model and no language was given."
        raise UsageError(who, f"Choose one with --model. {_choices()}")
    if (Path(wanted) / "config.json").is_file():
        return wanted
    if wanted in bundled_models():
        return str(BUNDLED / wanted)
    if Path(wanted).is_dir():
        raise UsageError(f"Model {wanted}: the folder holds no config.json.", "Give a folder that save_pretrained wrote.")
    if not _HUB_ID.fullmatch(wanted):
        raise UsageError(f"Unknown model {wanted!r}.", _choices())
    return wanted


def check_device(wanted: str) -> None:
    """Ask for a device before any work: torch, which is slow to load, is needed for those that may be missing.

    Raises:
        UsageError: there is no device of this name.
        EnvironmentProblem: this machine has none.
    """
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", wanted):
        raise UsageError(f"Unknown device {wanted!r}.", "Choose auto, cpu, cuda, cuda:N or mps.")
    if wanted in ("auto", "cpu"):
        return
    import torch

    number = int(wanted.partition(":")[2] or 0)
    missing = wanted.startswith("cuda") and number >= torch.cuda.device_count()
    if missing or (wanted == "mps" and not torch.backends.mps.is_available()):
        raise EnvironmentProblem(f"Device {wanted} is not available.", "Use --device auto or cpu.")


def chosen_device(wanted: str) -> str:
    """The device that `auto` stands for here; any other name is its own.

    Raises:
        UsageError, EnvironmentProblem: see `check_device`.
    """
    import torch

    check_device(wanted)
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    return wanted


def _dtype(device: str) -> torch.dtype:
    import torch

    return torch.float16 if device.startswith("cuda") else torch.float32


def _load(place: str, language: Language | None) -> tuple[Any, Any, Any]:
    """Network, feature extractor and tokenizer, with the language's adapter where there are adapters."""
    from pickle import UnpicklingError

    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoFeatureExtractor, AutoModelForCTC, AutoTokenizer

    try:
        with quiet():
            AutoConfig.from_pretrained(place, trust_remote_code=False)  # first, for it says best what is wrong with a name
            extractor = AutoFeatureExtractor.from_pretrained(place, trust_remote_code=False)
            tokenizer = AutoTokenizer.from_pretrained(place, trust_remote_code=False)
            network, report = AutoModelForCTC.from_pretrained(
                place, trust_remote_code=False, dtype="float32", output_loading_info=True
            )
            missing = [key for key in report["missing_keys"] if not key.endswith(_NOT_TRAINED)]
            if missing:
                raise UsageError(f"Model {place} has no trained {sorted(missing)[0]}.", "Use a checkpoint fine-tuned with CTC.")
            if getattr(network.config, "adapter_attn_dim", None) and language is not None and knows_many(tokenizer):
                adapt(network, tokenizer, language)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, UnpicklingError) as error:
        raise explain(place, error) from error
    return network, extractor, tokenizer


def knows_many(tokenizer: Any) -> bool:
    """Whether a tokenizer has a vocabulary for each of many languages; one that was fine-tuned for one has its own alone."""
    return any(isinstance(value, dict) for value in getattr(tokenizer, "vocab", {}).values())


def adapt(network: Any, tokenizer: Any, language: Language) -> None:
    """Switch an MMS-style model to a language: its vocabulary, its adapter, its output layer."""
    code = _ISO_639_3.get(language.tesseract, language.tesseract)
    known = sorted(key for key, value in tokenizer.vocab.items() if isinstance(value, dict))
    fitting = [key for key in known if key == code or key.startswith(f"{code}-")]  # such as urd-script_arabic
    if not fitting:
        raise UsageError(
            f"Model {network.name_or_path} has no adapter for {language.name} ({code}).",
            f"It has {', '.join(known[:40])}; or choose another --model.",
        )
    tokenizer.set_target_lang(fitting[0])
    network.load_adapter(fitting[0])


def explain(place: str, error: Exception) -> ShrutiError:
    """What went wrong while loading, as an error with advice."""
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if Path(place).is_dir():
        return UsageError(
            f"Model {place} cannot be loaded: {first}",
            "It must be a CTC model with its tokenizer and feature extractor.",
        )
    if "not a valid model identifier" in str(error):
        return UsageError(f"Unknown model {place!r}: the hub has none of this name.", _choices())
    return EnvironmentProblem(
        f"Model {place} cannot be fetched from the hub: {first}", f"Check the network and the name. {_choices()}"
    )


def _tokens(tokenizer: Any, config: Any) -> tuple[tuple[str, ...], int, int, tuple[int, ...]]:
    """Vocabulary by id, blank, delimiter (-1 if none), specials."""
    ids = {token: i for token, i in sorted(tokenizer.get_vocab().items()) if i < config.vocab_size}
    by_id = {i: token for token, i in ids.items()}
    vocabulary = tuple(by_id.get(i, "") for i in range(config.vocab_size))
    blank = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else config.pad_token_id
    between = (getattr(tokenizer, "word_delimiter_token", None), "|", "▁", " ")
    delimiter = next((ids[token] for token in between if token in ids), -1)
    silent = {"", *tokenizer.all_special_tokens}
    specials = tuple(i for i, token in enumerate(vocabulary) if token in silent and i not in (blank, delimiter))
    return vocabulary, int(blank), delimiter, specials


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' notes and bars while it loads or saves; what matters is checked and raised."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
