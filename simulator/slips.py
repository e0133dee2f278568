"""A customer's claim slips: read from paper and from photographs of the screen, as a scanner reads them.

Nothing here knows what a terminal wrote into a slip: only what is really to be seen on a picture counts.
"""

from collections.abc import Iterable

import zxingcpp
from PIL import Image

from parking.claims import ClaimRefusedError, SignedClaim, is_slip, read_slip
from simulator.devices.paper import Piece


def slips_on(picture: Image.Image) -> tuple[str, ...]:
    """The texts of the slips that can be read on this picture."""
    codes = zxingcpp.read_barcodes(picture)
    return tuple(code.text for code in codes if is_slip(code.text))


def slips_among(papers: Iterable[Piece]) -> tuple[str, ...]:
    """The texts of the slips that can be read on these papers, in their order."""
    return tuple(text for piece in papers for text in slips_on(piece.image))


def what_it_says(text: str) -> SignedClaim | None:
    """Number and amount of a slip; None for one that nobody can read."""
    try:
        return read_slip(text)
    except ClaimRefusedError:
        return None
