"""The simulated receipt printer: ESC/POS over TCP, paper that can be looked at, faults that can be switched.

`PrinterMechanism` is the machine without a plug: bytes in, answers and pieces of paper out; no thread, no
socket. `SimulatedPrinter` puts it behind a real TCP port on loopback. Cutting the stream into commands is
`printer_stream.py`, what paper looks like is `paper.py`.
"""

import codecs
import contextlib
import logging
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from kiosk.hardware.escpos.messages import (
    CLEAR_ANSWER,
    CLEAR_BUFFERS,
    FIXED_BITS,
    IN_ORDER_END,
    IN_ORDER_NEAR_END,
    ErrorBits,
    OfflineBits,
    PaperBits,
    PrinterBits,
    Question,
)
from simulator.devices.paper import HEAD_DOTS, HEAD_TO_CUTTER_DOTS, Look, Paper, Piece, Run
from simulator.devices.printer_stream import (
    Control,
    Item,
    Order,
    RealTimeFilter,
    StreamParser,
    Text,
    Unknown,
)
from simulator.faults import Fault

LINE_SPACING_DOTS = 30
"""What ESC 2 sets: 3.75 mm."""
CODE_PAGES = {
    0: "cp437",
    2: "cp850",
    3: "cp860",
    4: "cp863",
    5: "cp865",
    13: "cp857",
    14: "cp737",
    15: "iso8859_7",
    16: "cp1252",
    17: "cp866",
    18: "cp852",
    19: "cp858",
    39: "iso8859_2",
    40: "iso8859_15",
    45: "cp1250",
    46: "cp1251",
    47: "cp1253",
    48: "cp1254",
}
"""The code pages of ESC t as Epson numbers them, as far as Python knows them too."""
MOST_NOTES = 200
IN_MID_RECEIPT = 300
"""Bytes after which the amount owed has been printed and the code has not."""
LONGEST_BUFFER = 1 << 20
GARBLED = 0xFF
LF, CODE128, QR = 0x0A, 73, 0x31
QR_LEVELS = {48: "L", 49: "M", 50: "Q", 51: "H"}
WITHOUT_EFFECT = frozenset(
    (
        "ESC {",
        "ESC R",
        "ESC r",
        "ESC =",
        "GS b",
        "GS |",
        "GS H",
        "GS f",
        "GS a",
        "ESC c",
        "FS .",
        "FS &",
        "ESC U",
    )
)
"""Commands that are understood and change nothing that this paper shows."""

log = logging.getLogger(__name__)


class PrinterMechanism:
    """A receipt printer: `receive` bytes, `take_answers`, and look at `receipts`.

    What it cannot print now waits in its buffer, as in a real one, and comes out once the paper is back.
    `notes` names what was received and not understood.
    """

    def __init__(self, make_paper: Callable[[], Paper] = Paper) -> None:
        """`make_paper` gives the paper that follows a cut, for somebody who looks at it in another way."""
        self._make_paper = make_paper
        self.receipts: list[Piece] = []
        self.notes: list[str] = []
        self.unknown_commands = 0
        self.is_silent = False
        self.garbles_status = False
        self._has_paper = True
        self._is_nearly_out = False
        self._is_cover_open = False
        self._is_offline = False
        self._is_cutter_stuck = False
        self._bytes_until_paper_ends: int | None = None
        self._real_time = RealTimeFilter()
        self._parser = StreamParser()
        self._buffer = bytearray()
        self._answers = bytearray()
        self._paper = self._make_paper()
        self._orders = self._known_orders()
        self._look = Look()
        self._power_on_settings()

    # --- the wire ---------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        """Take bytes from the wire: real-time commands at once, the rest in order as far as it can print."""
        if self.is_silent:
            return
        for ordinary, real_time in self._real_time.feed(data):
            self._buffer += ordinary[: LONGEST_BUFFER - len(self._buffer)]
            self._work()
            if real_time:
                self._at_once(real_time)

    def take_answers(self) -> bytes:
        """What the printer has to say since the last call."""
        answers = bytes(self._answers)
        self._answers.clear()
        return bytes((GARBLED,)) * len(answers) if self.garbles_status else answers

    # --- what people and fate do to it -------------------------------------------------------------------

    def paper_out(self) -> None:
        """The roll ends: what is printed so far comes out as a torn piece."""
        self._has_paper = False
        self._tear_off()

    def paper_ends_after(self, data_bytes: int | None) -> None:
        """The roll will end when so many more bytes have been printed, at least 1; None: it will not."""
        self._bytes_until_paper_ends = data_bytes

    def load_paper(self) -> None:
        """Somebody puts in a new roll. What waited in the buffer is printed."""
        self._has_paper = True
        self._is_nearly_out = False
        self._bytes_until_paper_ends = None
        self._work()

    def nearly_out(self, is_nearly_out: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """The sensor of the roll's end sees less (or enough) paper."""
        self._is_nearly_out = is_nearly_out

    def open_cover(self) -> None:
        """Somebody opens the cover; printing stops."""
        self._is_cover_open = True

    def close_cover(self) -> None:
        """Somebody closes the cover; printing goes on."""
        self._is_cover_open = False
        self._work()

    def set_offline(self, is_offline: bool) -> None:  # noqa: FBT001 - a switch
        """The online key of the printer."""
        self._is_offline = is_offline
        self._work()

    def block_cutter(self, is_blocked: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """The knife is stuck (or free again); printing stops at the next cut at the latest."""
        self._is_cutter_stuck = is_blocked
        self._work()

    def switch_off(self) -> None:
        """Power is lost: the buffers and the settings are gone, the paper stays where it is."""
        self._forget()
        self._real_time = RealTimeFilter()
        self._power_on_settings()

    def unfinished(self) -> Piece | None:
        """What has been printed and not cut yet, for somebody who watches it come out."""
        return None if self._paper.is_blank else self._paper.piece(is_torn=True)

    # --- real-time commands -----------------------------------------------------------------------------

    def _at_once(self, command: bytes) -> None:
        if command[1] == 0x04 and command[2] in set(Question):  # noqa: PLR2004 - EOT
            self._answers.append(FIXED_BITS | self._status(Question(command[2])))
        elif command == CLEAR_BUFFERS:
            self._forget()
            self._answers += CLEAR_ANSWER
        elif command == b"\x10\x05\x02":
            self._is_cutter_stuck = False
            self._forget()
        else:
            self._note(f"real-time command {command.hex(' ')}")

    def _status(self, question: Question) -> int:
        match question:
            case Question.PRINTER:
                return 0 if self._can_print else PrinterBits.OFFLINE
            case Question.OFFLINE_CAUSE:
                cover = OfflineBits.COVER_OPEN if self._is_cover_open else 0
                paper = 0 if self._has_paper else OfflineBits.PAPER_END
                return cover | paper | (OfflineBits.ERROR if self._is_cutter_stuck else 0)
            case Question.ERROR_CAUSE:
                return ErrorBits.CUTTER if self._is_cutter_stuck else 0
            case Question.PAPER:
                near = PaperBits.NEAR_END if self._is_nearly_out or not self._has_paper else 0
                return near | (0 if self._has_paper else PaperBits.END)

    @property
    def _can_print(self) -> bool:
        return self._has_paper and not (self._is_cover_open or self._is_offline or self._is_cutter_stuck)

    def _forget(self) -> None:
        self._buffer.clear()
        self._parser.forget()
        self._line.clear()

    # --- printing ---------------------------------------------------------------------------------------

    def _work(self) -> None:
        """Print what waits, as far as paper, cover and knife allow."""
        while self._buffer and self._can_print:
            portion = len(self._buffer)
            if self._bytes_until_paper_ends is not None:
                portion = min(portion, self._bytes_until_paper_ends)
                self._bytes_until_paper_ends -= portion
            data = bytes(self._buffer[:portion])
            del self._buffer[:portion]
            for item in self._parser.feed(data):
                self._obey(item)
            if self._bytes_until_paper_ends == 0:
                self._bytes_until_paper_ends = None
                self._end_line()
                self.paper_out()

    def _obey(self, item: Item) -> None:
        match item:
            case Text():
                self._write(codecs.decode(item.data, self._code_page, "replace"))
            case Control():
                if item.byte == LF:
                    self._end_line()
            case Unknown():
                self._note(f"unknown command {item.data.hex(' ')}")
            case Order():
                self._carry_out(item.name, item.parameters)

    def _carry_out(self, name: str, given: bytes) -> None:
        if name in self._orders:
            self._orders[name](given)
        elif name not in WITHOUT_EFFECT:
            self._note(f"{name} {given[:16].hex(' ')}")

    def _known_orders(self) -> dict[str, Callable[[bytes], None]]:
        """What is done for each command; its parameter bytes are given."""
        return {
            "ESC @": self._initialise,
            "ESC !": self._set_mode,
            "GS !": lambda given: self._look_like(width=(given[0] >> 4 & 7) + 1, height=(given[0] & 7) + 1),
            "ESC E": lambda given: self._look_like(bold=bool(given[0] & 1)),
            "ESC G": lambda given: self._look_like(bold=bool(given[0] & 1)),
            "GS B": lambda given: self._look_like(reverse=bool(given[0] & 1)),
            "ESC -": lambda given: self._look_like(underline_dots=_digit(given[0]) % 3),
            "ESC M": lambda given: self._look_like(font="B" if _digit(given[0]) == 1 else "A"),
            "ESC a": self._align_like,
            "ESC t": self._choose_code_page,
            "ESC 2": self._space_lines,
            "ESC 3": self._space_lines,
            "ESC d": lambda given: self._feed(given[0] * self._spacing_dots),
            "ESC J": lambda given: self._feed(given[0]),
            "GS V": self._cut,
            "GS h": self._set_barcode_height,
            "GS w": self._set_barcode_module,
            "GS k": self._barcode,
            "GS (": self._extended,
            "GS v": self._raster,
            "GS r": self._answer_in_order,
        }

    def _initialise(self, _given: bytes) -> None:
        self._power_on_settings()

    def _look_like(self, **changes: Any) -> None:  # noqa: ANN401 - the fields of Look
        self._look = replace(self._look, **changes)

    def _align_like(self, given: bytes) -> None:
        self._align = _digit(given[0]) % 3

    def _space_lines(self, given: bytes) -> None:
        self._spacing_dots = given[0] if given else LINE_SPACING_DOTS

    def _feed(self, dots: int) -> None:
        self._end_line_if_begun()
        self._paper.feed(dots)

    def _set_barcode_height(self, given: bytes) -> None:
        self._barcode_height = max(1, given[0])

    def _set_barcode_module(self, given: bytes) -> None:
        self._barcode_module = max(1, min(6, given[0]))

    def _answer_in_order(self, _given: bytes) -> None:
        """GS r: reached only when everything before it has been printed."""
        near = IN_ORDER_NEAR_END if self._is_nearly_out else 0
        self._answers.append(near | (0 if self._has_paper else IN_ORDER_END))

    def _power_on_settings(self) -> None:
        self._line: list[Run] = []
        self._look = Look()
        self._align = 0
        self._code_page = CODE_PAGES[0]
        self._spacing_dots = LINE_SPACING_DOTS
        self._barcode_height = 162
        self._barcode_module = 3
        self._qr_module = 3
        self._qr_level = "L"
        self._qr_data = b""

    def _set_mode(self, given: bytes) -> None:
        """ESC !: font, bold, double height, double width and underline in one byte."""
        bits = given[0]
        self._look_like(
            font="B" if bits & 0x01 else "A",
            bold=bool(bits & 0x08),
            height=2 if bits & 0x10 else 1,
            width=2 if bits & 0x20 else 1,
            underline_dots=1 if bits & 0x80 else 0,
        )

    def _choose_code_page(self, given: bytes) -> None:
        number = given[0]
        if number in CODE_PAGES:
            self._code_page = CODE_PAGES[number]
        else:
            self._note(f"ESC t {number}: no such code page")

    def _write(self, text: str) -> None:
        """Add characters to the line; a full line is printed by itself."""
        while text:
            room = (HEAD_DOTS - sum(run.width_dots for run in self._line)) // self._look.cell[0]
            if room == 0:
                self._end_line()
                continue
            written, text = text[:room], text[room:]
            if self._line and self._line[-1].look == self._look:
                self._line[-1] = Run(self._line[-1].text + written, self._look)
            else:
                self._line.append(Run(written, self._look))

    def _end_line(self) -> None:
        self._paper.print_line(self._line, self._align, self._spacing_dots)
        self._line = []

    def _end_line_if_begun(self) -> None:
        if self._line:
            self._end_line()

    def _cut(self, given: bytes) -> None:
        self._end_line_if_begun()
        if len(given) > 1:
            self._paper.feed(HEAD_TO_CUTTER_DOTS + given[1])
        self.receipts.append(self._paper.piece(is_torn=False))
        self._paper = self._make_paper()

    def _tear_off(self) -> None:
        if not self._paper.is_blank:
            self.receipts.append(self._paper.piece(is_torn=True))
            self._paper = self._make_paper()

    def _barcode(self, given: bytes) -> None:
        if given[0] != CODE128:
            self._note(f"GS k {given[0]}: only CODE128 (73) is drawn here")
            return
        self._end_line_if_begun()
        text = code128_text(given[2:])
        if text is None:
            self._note(f"GS k 73 {given[2:18].hex(' ')}: no code set, or characters outside of it")
        elif not self._paper.print_code128(text, self._barcode_module, self._barcode_height, self._align):
            self._note(f"GS k 73 {text[:40]!r}: wider than the paper, not printed")

    def _extended(self, given: bytes) -> None:
        """GS ( k: the functions of QR codes."""
        function, data = given[4:5], given[5:]
        if given[:1] != b"k" or given[3:4] != bytes((QR,)) or not function:
            self._note(f"GS ( {given[:16].hex(' ')}")
            return
        match function[0]:
            case 65:
                pass  # model 1, 2 or micro: all are drawn as model 2
            case 67 if data:
                self._qr_module = max(1, min(16, data[0]))
            case 69 if data:
                self._qr_level = QR_LEVELS.get(data[0], "L")
            case 80:
                self._qr_data = data[1:]
            case 81 if self._qr_data:
                self._print_qr()
            case _:
                self._note(f"GS ( k {given[3:16].hex(' ')}")

    def _print_qr(self) -> None:
        self._end_line_if_begun()
        text = self._qr_data.decode("utf-8", "replace")
        try:
            fits = self._paper.print_qr(text, self._qr_level, self._qr_module, self._align)
        except ValueError as too_much:
            self._note(f"GS ( k QR of {len(text)} characters: {too_much}")
        else:
            if not fits:
                self._note(f"GS ( k QR {text[:40]!r}: wider than the paper, not printed")

    def _raster(self, given: bytes) -> None:
        self._end_line_if_begun()
        row_bytes, rows = int.from_bytes(given[2:4], "little"), int.from_bytes(given[4:6], "little")
        if not row_bytes or not rows:
            return
        black = Image.frombytes("1", (8 * row_bytes, rows), given[6:]).convert("L")
        picture = black.point(lambda value: 255 - value)
        wide, high = 1 + (given[1] & 1), 1 + (given[1] >> 1 & 1)
        self._paper.print_picture(picture.resize((picture.width * wide, rows * high)), self._align)

    def _note(self, what: str) -> None:
        self.unknown_commands += 1
        if len(self.notes) < MOST_NOTES:
            self.notes.append(what)


def _digit(parameter: int) -> int:
    """A choice that may be written as a number or as its ASCII digit: 1 and `1` (49) are the same."""
    return parameter - 48 if parameter >= 48 else parameter  # noqa: PLR2004 - the digit 0


def code128_text(data: bytes) -> str | None:
    """What the data of GS k 73 encodes: `{A`, `{B`, `{C` choose the code set, `{{` is a brace.

    None where a real printer would print nothing: it does not begin with a code set, or leaves it.
    """
    code_set, written, at = "", [], 0
    while at < len(data):
        pair = data[at : at + 2].decode("latin-1")
        if pair in ("{A", "{B", "{C"):
            code_set, at = pair[1], at + 2
        elif not code_set or data[at] > 127:  # noqa: PLR2004 - the end of ASCII
            return None
        elif code_set == "C":
            if data[at] > 99:  # noqa: PLR2004 - code set C holds pairs of digits
                return None
            written.append(f"{data[at]:02}")
            at += 1
        elif pair == "{{":
            written.append("{")
            at += 2
        elif pair.startswith("{"):
            return None
        else:
            written.append(chr(data[at]))
            at += 1
    return "".join(written) or None


class SimulatedPrinter:
    """The printer on a TCP port of loopback, for one host at a time: a new one replaces the old one.

    `port` 0 takes any free port; `.port` tells which. All methods may be called from any thread. `on_paper`
    is called from the printer's thread with each piece that has come out.
    """

    def __init__(self, port: int = 0, on_paper: Callable[[Piece], None] | None = None) -> None:
        self.port = port
        self.on_paper = on_paper
        self._mechanism = PrinterMechanism()
        self._lock = threading.RLock()
        self._told = 0
        self._is_plugged = True
        self._stops = False
        self._drop_after: int | None = None
        self._listener: socket.socket | None = None
        self._connection: socket.socket | None = None
        self._selector = selectors.DefaultSelector()
        self._bell, self._bell_rope = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="simulated printer", daemon=True)

    # --- running ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Listen, and serve in a thread of its own. Raises OSError where the port is taken."""
        self._listen()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._thread.start()

    def stop(self) -> None:
        """Let go of the port and wait until the thread has ended; a second call does nothing."""
        with self._lock:
            if self._stops:
                return
            self._stops = True
        self._ring()
        if self._thread.is_alive():
            self._thread.join()
        self._hang_up()
        self._stop_listening()
        self._selector.close()
        self._bell.close()
        self._bell_rope.close()

    # --- what has come out ------------------------------------------------------------------------------

    @property
    def receipts(self) -> tuple[Piece, ...]:
        """All pieces of paper so far, cut or torn."""
        with self._lock:
            return tuple(self._mechanism.receipts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was received and not understood."""
        with self._lock:
            return tuple(self._mechanism.notes)

    def unfinished(self) -> Piece | None:
        """What has been printed and not cut yet."""
        with self._lock:
            return self._mechanism.unfinished()

    def save(self, directory: Path) -> tuple[Path, ...]:
        """Write the pieces as `receipt-001.png`, ... and return the paths. The folder is made if need be."""
        directory.mkdir(parents=True, exist_ok=True)
        paths = []
        for number, piece in enumerate(self.receipts, start=1):
            paths.append(directory / f"receipt-{number:03}.png")
            paths[-1].write_bytes(piece.png)
        return tuple(paths)

    # --- faults: switches for the panel and the street --------------------------------------------------

    def switch(self, fault: Fault, *, on: bool = True) -> None:
        """Switch a fault on or off by its name. Raises ValueError where it is no fault of a printer."""
        switches: dict[Fault, Callable[[], None]] = {
            Fault.UNPLUGGED: self.unplug if on else self.plug,
            Fault.POWER_CUT: self.unplug if on else self.plug,
            Fault.SILENT: lambda: self.set_silent(on),
            Fault.RUBBISH: lambda: self.garble_status(on),
            Fault.PAPER_OUT: self.paper_out if on else self.load_paper,
            Fault.PAPER_LOW: lambda: self.nearly_out(on),
            Fault.PAPER_ENDS_IN_RECEIPT: lambda: self.paper_ends_after(IN_MID_RECEIPT if on else None),
            Fault.COVER_OPEN: self.open_cover if on else self.close_cover,
            Fault.CUTTER_STUCK: lambda: self.block_cutter(on),
            Fault.PRINTER_OFFLINE: lambda: self.set_offline(on),
        }
        if fault not in switches:
            raise ValueError(f"{fault} is no fault of the receipt printer; it has {', '.join(switches)}")
        switches[fault]()

    def paper_out(self) -> None:
        """The roll ends."""
        with self._touch() as mechanism:
            mechanism.paper_out()

    def paper_ends_after(self, data_bytes: int | None) -> None:
        """The roll will end when so many more bytes have been printed, at least 1; None: it will not."""
        with self._touch() as mechanism:
            mechanism.paper_ends_after(data_bytes)

    def load_paper(self) -> None:
        """Somebody puts in a new roll."""
        with self._touch() as mechanism:
            mechanism.load_paper()

    def nearly_out(self, is_nearly_out: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """The roll is nearly at its end (or not)."""
        with self._touch() as mechanism:
            mechanism.nearly_out(is_nearly_out)

    def open_cover(self) -> None:
        """Somebody opens the cover."""
        with self._touch() as mechanism:
            mechanism.open_cover()

    def close_cover(self) -> None:
        """Somebody closes the cover."""
        with self._touch() as mechanism:
            mechanism.close_cover()

    def set_offline(self, is_offline: bool) -> None:  # noqa: FBT001 - a switch
        """Somebody presses the online key."""
        with self._touch() as mechanism:
            mechanism.set_offline(is_offline)

    def block_cutter(self, is_blocked: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """The knife is stuck (or free again)."""
        with self._touch() as mechanism:
            mechanism.block_cutter(is_blocked)

    def set_silent(self, is_silent: bool) -> None:  # noqa: FBT001 - a switch
        """The connection stands, but the printer neither prints nor answers."""
        with self._touch() as mechanism:
            mechanism.is_silent = is_silent

    def garble_status(self, garbles: bool = True) -> None:  # noqa: FBT001, FBT002 - a switch
        """All answers become bytes that no printer sends."""
        with self._touch() as mechanism:
            mechanism.garbles_status = garbles

    def unplug(self) -> None:
        """Pull the plug: the connection drops, the port refuses, the buffers are lost."""
        with self._touch() as mechanism:
            mechanism.switch_off()
            self._is_plugged = False

    def unplug_after(self, data_bytes: int) -> None:
        """Pull the plug when so many more bytes have arrived: in mid receipt."""
        with self._lock:
            self._drop_after = data_bytes

    def plug(self) -> None:
        """Put the plug back in, on the same port."""
        with self._touch():
            self._is_plugged = True

    @contextlib.contextmanager
    def _touch(self) -> Iterator[PrinterMechanism]:
        """Change the mechanism from any thread; the printer's thread then sends and tells what follows."""
        with self._lock:
            yield self._mechanism
        self._ring()

    # --- the printer's thread ---------------------------------------------------------------------------

    def _ring(self) -> None:
        with contextlib.suppress(OSError):
            self._bell_rope.send(b"!")

    def _serve(self) -> None:
        while True:
            ready = [key.fileobj for key, _ in self._selector.select()]
            if self._bell in ready:
                self._bell.recv(4096)
            with self._lock:
                if self._stops:
                    return
                self._follow_the_plug()
                if self._listener in ready:
                    self._accept()
                elif self._connection in ready:
                    self._read()
                self._answer()
                pieces = self._mechanism.receipts[self._told :]
                self._told += len(pieces)
            for piece in pieces:
                self._tell(piece)

    def _tell(self, piece: Piece) -> None:
        if self.on_paper is None:
            return
        try:
            self.on_paper(piece)
        except Exception:
            log.exception("who watches the printer failed")

    def _follow_the_plug(self) -> None:
        if self._is_plugged and self._listener is None:
            self._listen()
        elif not self._is_plugged and self._listener is not None:
            self._hang_up()
            self._stop_listening()

    def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)

    def _stop_listening(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            self._selector.unregister(listener)
            listener.close()

    def _accept(self) -> None:
        if self._listener is None:
            return
        connection, _ = self._listener.accept()
        self._hang_up()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self) -> None:
        if self._connection is None:
            return
        try:
            data = self._connection.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        if self._drop_after is None or len(data) < self._drop_after:
            self._drop_after = None if self._drop_after is None else self._drop_after - len(data)
            self._mechanism.receive(data)
            return
        self._mechanism.receive(data[: self._drop_after])
        self._drop_after = None
        self._mechanism.switch_off()
        self._is_plugged = False
        self._follow_the_plug()

    def _answer(self) -> None:
        answers = self._mechanism.take_answers()
        if answers and self._connection is not None:
            try:
                self._connection.sendall(answers)
            except OSError:
                self._hang_up()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._selector.unregister(connection)
            connection.close()
