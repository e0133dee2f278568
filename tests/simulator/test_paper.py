"""Simulated paper by itself: edges, what does not fit, and how much of the computer it takes."""

import pytest
from PIL import Image

from simulator.devices.paper import AROUND, EDGE_DOTS, HEAD_DOTS, MARGIN_DOTS, Look, Paper, Run

LINE = [Run("RELEASE CODE 482 913", Look(width=2, height=2, bold=True))]


def printed(*, is_torn: bool = False) -> Image.Image:
    paper = Paper()
    paper.print_line(LINE, 1, 30)
    paper.feed(150)
    return paper.piece(is_torn=is_torn).image


def test_a_piece_is_as_wide_as_the_roll_and_lies_on_a_table() -> None:
    image = printed()
    assert image.width == HEAD_DOTS + 2 * MARGIN_DOTS + 2 * EDGE_DOTS
    assert image.getpixel((0, 0)) == image.getpixel((image.width - 1, image.height - 1)) == AROUND


def test_a_torn_edge_looks_different_from_a_cut_one() -> None:
    cut, torn = printed(), printed(is_torn=True)
    assert cut.size == torn.size
    above = (0, 0, cut.width, cut.height // 2)
    assert cut.crop(above).tobytes() == torn.crop(above).tobytes()
    assert cut.tobytes() != torn.tobytes()


def test_what_is_wider_than_the_head_is_not_printed() -> None:
    paper = Paper()
    assert not paper.print_qr("7" * 500, "H", 16, 1)
    assert not paper.print_code128("7F31" * 20, 3, 64, 1)
    assert paper.is_blank
    assert paper.piece(is_torn=False).qr_texts == paper.piece(is_torn=False).barcodes == ()


@pytest.mark.parametrize("picture", [Image.new("L", (2000, 8), 0), Image.new("L", (8, 8), 0)])
def test_a_picture_is_cut_off_at_the_heads_edge(picture: Image.Image) -> None:
    paper = Paper()
    paper.print_picture(picture, 2)
    assert paper.piece(is_torn=False).image.width == HEAD_DOTS + 2 * MARGIN_DOTS + 2 * EDGE_DOTS


def test_a_piece_is_kept_small_for_a_street_prints_thousands() -> None:
    paper = Paper()
    for _ in range(20):
        paper.print_line(LINE, 0, 30)
    piece = paper.piece(is_torn=False)
    assert 10 * len(piece.png) < len(piece.image.tobytes())
