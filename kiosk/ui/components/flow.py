"""How parts share the room: one below the other, all texts at one scale, so that everything fits."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QRectF

_LARGEST, _SMALLEST, _STEP = 1.0, 0.4, 0.04


class Block(Protocol):
    """Something that knows how high it is at a width and a scale."""

    def wanted_height(self, width: float, scale: float) -> float:
        """The height in px; 0 when there is nothing to show."""

    def place(self, rect: QRectF, scale: float = 1.0) -> None:
        """Stand in this rectangle."""


def stack(area: QRectF, blocks: Sequence[Block], gap: float, *, centred: bool = True) -> QRectF:
    """Place the blocks below each other with `gap` px between them, and return the room that is left below.

    All shrink together until they fit. What is left over goes evenly above, between and below when `centred`.
    """
    scale = _LARGEST
    heights = _heights(area, blocks, scale)
    while scale > _SMALLEST and _total(heights, gap * scale) > area.height():
        scale -= _STEP
        heights = _heights(area, blocks, scale)
    shown = [(block, height) for block, height in zip(blocks, heights, strict=True) if height > 0]
    spare = max(0.0, area.height() - _total(heights, gap * scale))
    share = min(spare / (len(shown) + 1), gap * 2.5) if centred else 0.0
    top = area.top() + (max(0.0, spare - share * (len(shown) - 1)) / 2 if centred else 0.0)
    for block, height in shown:
        block.place(QRectF(area.left(), top, area.width(), height), scale)
        top += height + gap * scale + share
    return QRectF(area.left(), top, area.width(), max(0.0, area.bottom() - top))


def least_height(blocks: Sequence[Block], width: float, gap: float) -> float:
    """The height in px below which `stack` cannot place these blocks at this width."""
    return _total([block.wanted_height(width, _SMALLEST) for block in blocks], gap * _SMALLEST)


def _heights(area: QRectF, blocks: Sequence[Block], scale: float) -> list[float]:
    return [block.wanted_height(area.width(), scale) for block in blocks]


def _total(heights: Sequence[float], gap: float) -> float:
    shown = [height for height in heights if height > 0]
    return sum(shown) + gap * max(0, len(shown) - 1)
