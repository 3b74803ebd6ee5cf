"""What a timeline picture says and where: read back out of its SVG by the sizes that its classes have."""

import itertools
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from chaos.report.drawing import SIZES, SMALL, text_px

SVG = "{http://www.w3.org/2000/svg}"
_SIZES = {name: size for size, name in SIZES.items()}


@dataclass(frozen=True)
class Word:
    """A text and its box; y: its baseline."""

    text: str
    left: float
    right: float
    y: float
    size: float
    classes: frozenset[str]

    def touches(self, other: "Word") -> bool:
        """Whether the boxes overlap; letters reach 0.76 above and 0.2 below the baseline, of their size."""
        apart = (
            self.right <= other.left + 0.5
            or other.right <= self.left + 0.5
            or self.y + 0.2 * self.size <= other.y - 0.76 * other.size
            or other.y + 0.2 * other.size <= self.y - 0.76 * self.size
        )
        return not apart


def words(svg: str) -> list[Word]:
    """All texts of the picture, with room for the widest of its fonts."""
    found = []
    for element in ET.fromstring(svg).iter(f"{SVG}text"):
        classes = frozenset((element.get("class") or "").split())
        size = next((_SIZES[name] for name in classes if name in _SIZES and name), SMALL)
        said = element.text or ""
        width = text_px(said, size, bold="B" in classes)
        x = float(element.get("x", "nan"))
        left = x - width if "e" in classes else x - width / 2 if "m" in classes else x
        found.append(Word(said, left, left + width, float(element.get("y", "nan")), size, classes))
    return found


def overlaps(svg: str) -> list[tuple[str, str]]:
    """Pairs of texts that touch each other."""
    return [(a.text, b.text) for a, b in itertools.combinations(words(svg), 2) if a.touches(b)]


def outside(svg: str) -> list[str]:
    """Texts that are not wholly inside the picture."""
    root = ET.fromstring(svg)
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    return [
        one.text
        for one in words(svg)
        if one.left < 0 or one.right > width + 0.5 or one.y - 0.76 * one.size < 0 or one.y > height
    ]
