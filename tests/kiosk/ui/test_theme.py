"""The theme: millimetres, contrast, the bundled font."""

from pathlib import Path

import pytest
from PySide6.QtGui import QFontDatabase, QFontInfo

from kiosk.ui import theme
from kiosk.ui.theme import DAY, FontMissingError, Panel, Theme, contrast, load_fonts


def test_millimetres_are_those_of_the_panel() -> None:
    assert Theme(Panel(1280, 800, 218, 136)).mm(218) == pytest.approx(1280)
    assert Theme(Panel(1080, 1920, 194, 345)).in_mm(1080) == pytest.approx(194)


def test_capitals_have_seven_tenths_of_a_degree(panel: Panel) -> None:
    assert Theme(panel).text_mm == pytest.approx(panel.reading_mm * 0.01222, abs=0.06)


def test_usual_capitals_are_7_3_mm() -> None:
    assert Theme(Panel(1280, 800, 218, 136)).text_mm == 7.3


@pytest.mark.parametrize("name", DAY.pairs())
def test_every_pair_of_colours_is_readable(name: str) -> None:
    assert contrast(*DAY.pairs()[name]) >= 7


def test_amounts_codes_and_keys_have_the_highest_contrast() -> None:
    assert contrast(DAY.ink, DAY.paper) >= 15


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_capitals_are_as_high_as_the_style_says(panel: Panel) -> None:
    from PySide6.QtGui import QFontMetricsF  # noqa: PLC0415 - after the application exists

    made = Theme(panel)
    assert made.in_mm(QFontMetricsF(made.font(made.body)).capHeight()) == pytest.approx(
        made.text_mm, abs=0.15
    )


def test_bundled_font_is_used_whatever_the_system_has(panel: Panel) -> None:
    made = Theme(panel)
    assert QFontInfo(made.font(made.strong)).family() == "Inter"
    assert {"Medium", "Bold", "Extra Bold"} <= set(QFontDatabase.styles("Inter"))


def test_missing_font_is_told_with_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(theme, "FONTS", tmp_path)
    with pytest.raises(FontMissingError, match=r"Inter-Medium\.otf cannot be loaded; restore assets/fonts"):
        load_fonts()
