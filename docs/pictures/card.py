"""A picture as SVG: a card with a ground of its own, in light or in dark, so that it can be read on any page."""

from __future__ import annotations

from html import escape
from pathlib import Path

_COLOURS = {
    # class: (light, dark)
    "ground": ("#ffffff", "#1b1f24"),
    "frame": ("#d5dade", "#3a424b"),
    "ink": ("#1c2127", "#e8ecf0"),
    "soft": ("#59636e", "#a4afba"),
    "faint": ("#c3cbd2", "#4a545e"),
    "mined": ("#00796b", "#4db6ac"),
    "tint": ("#dff1ee", "#153d38"),
    "other": ("#b45309", "#f0a35e"),
    "warm": ("#fcefdc", "#46321c"),
    "box": ("#f2f5f7", "#262c33"),
}
FONT = "system-ui, 'Noto Sans', 'Noto Sans Devanagari', 'Nirmala UI', 'Kohinoor Devanagari', sans-serif"


def _style() -> str:
    """Each colour as a fill (`.mined`) and as a stroke (`.mined-line`), light unless the page is dark."""
    shades = []
    for which in (0, 1):
        rules = "".join(
            f".{name}{{fill:{pair[which]}}}.{name}-line{{stroke:{pair[which]};fill:none}}" for name, pair in _COLOURS.items()
        )
        shades.append(rules)
    return f"text{{font-family:{FONT}}}{shades[0]}@media (prefers-color-scheme:dark){{{shades[1]}}}"


class Card:
    """What is drawn, in the order it is drawn in; lengths in units of which `width` make the whole.

    Args:
        width, height: of the card; the height may be set later.
        title: told to those who cannot see it.
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self.parts: list[str] = []
        self.width, self.height = width, height
        self.title = title

    def rect(self, x: float, y: float, width: float, height: float, kind: str, radius: float = 0, opacity: float = 1) -> None:
        """A rectangle; `kind` is a colour, perhaps with a second one for its outline."""
        fill, *line = kind.split()
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" class="{fill}" '
            f'opacity="{opacity}"/>'
        )
        if line:
            self.parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius}" class="{line[0]}"/>'
            )

    def text(
        self, x: float, y: float, text: str, kind: str = "ink", size: float = 15, at: str = "start", bold: bool = False
    ) -> None:
        """A line of text; `at` is start, middle or end."""
        weight = ' font-weight="600"' if bold else ""
        self.parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" font-size="{size}" text-anchor="{at}"{weight}>{escape(text)}</text>'
        )

    def line(self, points: list[tuple[float, float]], kind: str, width: float = 1.5, dash: str = "") -> None:
        """A line from point to point."""
        path = " ".join(f"{'M' if n == 0 else 'L'}{x:.1f} {y:.1f}" for n, (x, y) in enumerate(points))
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="{path}" class="{kind}-line" stroke-width="{width}"{dashed}/>')

    def arrow(self, points: list[tuple[float, float]], kind: str = "soft") -> None:
        """A line with a head at its last point."""
        self.line(points, kind, 2)
        (ax, ay), (x, y) = points[-2:]
        length = ((x - ax) ** 2 + (y - ay) ** 2) ** 0.5
        ux, uy = (x - ax) / length, (y - ay) / length
        left, right = (x - 9 * ux - 5 * uy, y - 9 * uy + 5 * ux), (x - 9 * ux + 5 * uy, y - 9 * uy - 5 * ux)
        corners = " ".join(f"{px:.1f},{py:.1f}" for px, py in ((x, y), left, right))
        self.parts.append(f'<polygon points="{corners}" class="{kind}"/>')

    def dot(self, x: float, y: float, radius: float, kind: str, opacity: float = 1) -> None:
        """A filled circle."""
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="{kind}" opacity="{opacity}"/>')

    def box(self, x: float, y: float, width: float, height: float, lines: list[str], kind: str = "box") -> None:
        """A rounded box with a bold line of text, and smaller ones below it."""
        outline = "mined-line" if kind == "tint" else "other-line" if kind == "warm" else "frame-line"
        self.rect(x, y, width, height, f"{kind} {outline}", radius=8)
        first = y + height / 2 + 5.5 - 10 * (len(lines) - 1)
        for number, line in enumerate(lines):
            size = 16 if number == 0 else 13
            self.text(x + width / 2, first + 20 * number, line, "ink" if number == 0 else "soft", size, "middle", number == 0)

    def image(self, x: float, y: float, width: float, height: float, data: str) -> None:
        """A picture inside, as a data URL."""
        self.parts.append(f'<image x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" href="{data}"/>')

    def wave(self, x: float, y: float, width: float, height: float, levels: list[float], kind: str) -> None:
        """Levels from 0 to 1 as bars around a middle line."""
        step = width / len(levels)
        path = "".join(
            f"M{x + step * (n + 0.5):.1f} {y - height / 2 * level:.1f}V{y + height / 2 * level:.1f}"
            for n, level in enumerate(levels)
        )
        self.parts.append(f'<path d="{path}" class="{kind}-line" stroke-width="{step * 0.7:.2f}" stroke-linecap="round"/>')

    def write(self, path: Path) -> None:
        """The file."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" width="{self.width}" '
            f'height="{self.height}" role="img"><title>{escape(self.title)}</title><style>{_style()}</style>'
        )
        ground = Card(self.width, self.height, "")
        ground.rect(0.5, 0.5, self.width - 1, self.height - 1, "ground frame-line", radius=10)
        path.write_text(head + "\n".join([*ground.parts, *self.parts]) + "</svg>\n", encoding="utf8")
