"""Paper on which only what can be read is kept: drawing it would take most of a story's time."""

from dataclasses import dataclass

from PIL import Image

from simulator.devices.paper import Paper, Piece, Run


@dataclass
class TextPaper(Paper):
    """The paper of the simulated printer without its picture."""

    def print_line(self, runs: list[Run], align: int, spacing_dots: int) -> None:
        """As on paper."""
        del align, spacing_dots
        self.text_lines.append("".join(run.text for run in runs).rstrip())

    def print_picture(self, picture: Image.Image, align: int) -> None:
        """Pictures say nothing to a checker."""

    def print_qr(self, text: str, level: str, module_dots: int, align: int) -> bool:
        """As on paper; every code fits."""
        del level, module_dots, align
        self.qr_texts.append(text)
        return True

    def print_code128(self, text: str, module_dots: int, height_dots: int, align: int) -> bool:
        """As on paper; every code fits."""
        del module_dots, height_dots, align
        self.barcodes.append(text)
        return True

    def piece(self, *, is_torn: bool) -> Piece:
        """What can be read on it."""
        return Piece(
            png=b"",
            text_lines=tuple(self.text_lines),
            qr_texts=tuple(self.qr_texts),
            barcodes=tuple(self.barcodes),
            is_torn=is_torn,
        )
