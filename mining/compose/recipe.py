"""The dials of a bulletin, and three settings of them that have a name."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mining.documents.languages import language
from mining.errors import UsageError, check_within

LAYERS = ("scan", "gibberish", "good", "text")
_SHARES = ("unprinted", "unspoken", "repeated", "reordered", "danda_missing", "digits", "breaths", "stingers", "bed")
_LEAST = dict(seed=0, minutes=0.05, sentences=0, speed=50, intro=0, outro=0, loudness_spread=0, font_size=4)
_PAGE = dict(dpi=(30, 1200), jpeg=(1, 100), contrast=(0.01, 1), blur=(0, 50), noise=(0, 255))


@dataclass(frozen=True, slots=True)
class PageQuality:
    """How the pages were printed, copied and scanned."""

    dpi: int = 200
    blur: float = 0.6  # standard deviation of the Gaussian, in pixels at 200 dpi
    noise: float = 9.0  # standard deviation of the grain, in grey levels of 255
    skew: float = 0.2  # a page is turned by at most this many degrees
    contrast: float = 0.85  # 1: black ink on white paper; 0: nothing to be seen
    jpeg: int = 55  # quality of the compression inside the PDF

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_kind(f"quality.{field.name}", getattr(self, field.name), field.default)
        for name, (least, most) in _PAGE.items():
            check_within(f"quality.{name}", getattr(self, name), least, most)


def _check_kind(name: str, value: object, default: object) -> None:
    """Dials come from a command line: each must be of the kind that its default is of; a float may be a whole number."""
    if name == "noise" and (value is None or isinstance(value, (int, float))):
        return
    wanted = type(default)
    kinds = (int, float) if wanted is float else (wanted,)
    right = isinstance(value, kinds) and (wanted is bool or not isinstance(value, bool))
    if right and isinstance(value, tuple) and name == "pause":
        right = len(value) == 2 and all(isinstance(one, (int, float)) for one in value)
    if not right:
        raise UsageError(f"{name} is {value!r}.", f"Give a {wanted.__name__} such as {default!r}.")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that a bulletin depends on besides its sentences.

    Shares are fractions 0..1 and levels decibels. `minutes` is the length of the recording, to a sentence or two;
    `sentences`, where not 0, sets how many sentences are spoken instead. Texts that only the page
    has (`title`, `header`, `headings`) are Hindi; give your own for another language.
    """

    seed: int = 0
    minutes: float = 6.0
    sentences: int = 0  # spoken, repetitions not counted; 0: as many as `minutes` takes
    shuffle: bool = True  # False: sentences stay in the order of their source
    language: str = "hi"
    voice: str = ""  # espeak-ng voice that speaks the lines of a text file; empty: the language's
    speed: int = 150  # words a minute of that voice

    # What page and recording do not share.
    unprinted: float = 0.15  # of the spoken sentences, those that the page lacks
    unspoken: float = 0.12  # of the printed sentences, those that nobody reads
    repeated: float = 0.04  # of the spoken sentences, those that are read again near the end, like headlines
    reordered: float = 0.0  # of the printed sentences, those that stand elsewhere than they are read
    digits: float = 0.0  # of the numbers that are read, those that the page prints in digits
    danda_missing: float = 0.0  # of the printed sentences, those without their full stop

    # Sound.
    pause: tuple[float, float] = (0.25, 0.95)  # seconds between sentences, least and most
    breaths: float = 0.1  # of the pauses, those as short as a breath, 0.15 s
    stingers: float = 0.2  # of the pauses, those that last 1.5 to 4 s, every second one with a jingle
    noise: float | None = 27.0  # decibels of speech above the noise; None: no noise
    music: bool = True  # a signature tune before and after
    intro: float = 5.4  # seconds before the first word
    outro: float = 5.4  # seconds after the last word
    bed: float = 0.0  # share of the recording with music under the speech
    bed_level: float = 18.0  # decibels of speech above that music
    loudness_spread: float = 1.5  # decibels, standard deviation of a sentence's loudness

    # Pages.
    layer: str = "scan"  # scan: image only | gibberish: legacy-font codes behind it | good: its true text | text: a .txt
    quality: PageQuality = PageQuality()
    header: str = "ALL INDIA RADIO   Regional Bulletin   19:10   newsroom.example.org"
    header_local: str = ""  # a second running header, in the script of the language
    page_numbers: bool = True
    title: str = "प्रादेशिक समाचार"
    headings: tuple[str, ...] = ()  # titles of sections, spread over the bulletin
    columns: int = 1
    font: str = "Sans"  # Sans | Serif: of the Noto family of the text's script
    font_size: float = 13.0  # points

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_kind(field.name, getattr(self, field.name), field.default)
        for name, least in _LEAST.items():
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}.", f"Give a number from {least:g} up.")
        for name in _SHARES:
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise UsageError(f"{name} is {getattr(self, name)}, not a share.", "Give a number from 0 to 1.")
        if self.unspoken > 0.9:
            raise UsageError(f"unspoken is {self.unspoken}.", "Give at most 0.9, so that something is left to be read.")
        if self.layer not in LAYERS:
            raise UsageError(f"Unknown text layer {self.layer!r}.", f"Known are {', '.join(LAYERS)}.")
        if self.columns not in (1, 2):
            raise UsageError(f"A page of {self.columns} columns cannot be set.", "Give 1 or 2.")
        language(self.language)  # raises where it is unknown
        if not 0 <= self.pause[0] <= self.pause[1]:
            raise UsageError(f"The pause {self.pause} is not a range of seconds.", "Give the least, then the most.")


CLEAN = Recipe(
    minutes=2.0, unprinted=0.0, unspoken=0.0, repeated=0.0, noise=None, music=False, intro=0.5, outro=0.5, breaths=0.0,
    stingers=0.0, loudness_spread=0.0, quality=PageQuality(blur=0.0, noise=0.0, skew=0.0, contrast=1.0, jpeg=75),
    header="", page_numbers=False,
)  # fmt: skip
RADIO = Recipe()
SAMPLE = replace(RADIO, seed=7, minutes=2.9, intro=4.0, outro=4.0, quality=PageQuality(noise=6.0, jpeg=45))
_PRESETS = {"clean": CLEAN, "radio": RADIO, "sample": SAMPLE}


def preset(name: str, **changes: object) -> Recipe:
    """A recipe by name, with some of its dials turned.

    Args:
        name: "clean" (two minutes, nothing in the way), "radio" (six minutes of what regional
            bulletins are like) or "sample" (the same in under three).
        changes: fields of `Recipe` to set.

    Raises:
        UsageError: no such preset or dial.
    """
    if name not in _PRESETS:
        raise UsageError(f"Unknown preset {name!r}.", f"Known are {', '.join(sorted(_PRESETS))}.")
    known = {field.name for field in fields(Recipe)}
    if unknown := sorted(set(changes) - known):
        raise UsageError(f"Unknown dial {unknown[0]!r}.", f"Known are {', '.join(sorted(known))}.")
    return replace(_PRESETS[name], **changes)  # type: ignore[arg-type]
