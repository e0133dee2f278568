"""One question and its answer on a ccTalk line: echo, time-out, noise, repetition. No meaning.

Half duplex: only the host begins, and on the one data line it hears its own bytes first. An answer is
believed only when it stands alone, directly behind the echo, adds up, and is addressed to the host by the
device that was asked. Anything else on the line makes the whole answer worthless: it is asked again.

Source: Generic Specification, part 1, "Timing", "Physical interface"; three tries as part 1 recommends.
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.hardware.cctalk.frames import (
    HOST_ADDRESS,
    Checksum,
    Frame,
    FrameRefusedError,
    decode,
    encode,
)
from kiosk.hardware.cctalk.messages import Header, header_name
from kiosk.hardware.ports import SteadyClock, Transport

TRIES = 3
"""So often a question is asked that may be asked twice without harm."""

FIND_ECHO_AGAIN_AFTER = 2 * TRIES
"""After so much rubbish in a row the echo is found out anew: it was learnt in a bad moment, or has changed.

Not after one: an answer that comes late must go on being told from an echo by what is known of it.
"""

_READ_AT_MOST = 512


class Echo(StrEnum):
    """Whether the host hears its own bytes back."""

    AUTO = "auto"
    """Found out by the first exchange after the line was opened, and again when nothing but rubbish comes."""
    ON = "on"
    OFF = "off"


class ExchangeError(Exception):
    """A question got no answer that can be used; the message says which question and why."""


class NoAnswerError(ExchangeError):
    """Silence."""


class RubbishError(ExchangeError):
    """Something came that is no answer: noise, a wrong checksum, a foreign address, impossible data."""


class RefusedError(ExchangeError):
    """The device answered NAK."""


class BusyError(ExchangeError):
    """The device answered BUSY."""


@dataclass(frozen=True)
class Peer:
    """A device on the line: its address, and how its frames are protected."""

    address: int
    checksum: Checksum = Checksum.SIMPLE


class Bus:
    """The host's end of a ccTalk line. `reply_timeout_s` counts from the question to the whole answer."""

    def __init__(
        self,
        transport: Transport,
        clock: SteadyClock,
        *,
        echo: Echo = Echo.AUTO,
        reply_timeout_s: float = 0.25,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._wanted_echo = echo
        self._echo = echo
        self._reply_timeout_s = reply_timeout_s
        self._rubbish_in_a_row = 0

    @property
    def echo(self) -> Echo:
        """What is known about the echo; AUTO while nothing has been heard."""
        return self._echo

    def open(self) -> None:
        """Connect the line and forget what was found out about it. Raises TransportError."""
        self._transport.open()
        self._find_echo_again()

    def close(self) -> None:
        """Let go of the line."""
        self._transport.close()

    def ask(
        self, peer: Peer, header: Header, data: bytes = b"", *, tries: int = TRIES, patience: float = 1.0
    ) -> bytes:
        """Ask a question and return the data of the answer; `patience` lengthens the time-out of slow ones.

        Raises:
            ExchangeError: none of the tries got an answer; it is the last try's error.
            TransportError: the wire is gone.
        """
        for _ in range(tries - 1):
            try:
                return self._noted_exchange(peer, header, data, patience)
            except ExchangeError:
                continue
        return self._noted_exchange(peer, header, data, patience)

    def _noted_exchange(self, peer: Peer, header: Header, data: bytes, patience: float) -> bytes:
        """One exchange; rubbish that does not end may mean that the echo is not what was found out."""
        try:
            answer = self._exchange(peer, header, data, patience)
        except RubbishError:
            self._rubbish_in_a_row += 1
            if self._rubbish_in_a_row >= FIND_ECHO_AGAIN_AFTER:
                self._find_echo_again()
            raise
        self._rubbish_in_a_row = 0
        return answer

    def _find_echo_again(self) -> None:
        self._echo = self._wanted_echo
        self._rubbish_in_a_row = 0

    def _exchange(self, peer: Peer, header: Header, data: bytes, patience: float) -> bytes:
        source = HOST_ADDRESS if peer.checksum is Checksum.SIMPLE else None
        question = encode(Frame(peer.address, source, header, data))
        asked = f"{header_name(header)} ({header.value}) to address {peer.address}"
        self._transport.discard()
        self._transport.write(question)
        try:
            answer = self._listen(question, peer, patience)
        except FrameRefusedError as refused:
            raise RubbishError(f"{asked}: {refused}") from None
        except NoAnswerError as silence:
            raise NoAnswerError(f"{asked}: {silence}") from None
        return _accepted(answer, peer, asked)

    def _listen(self, question: bytes, peer: Peer, patience: float) -> Frame:
        """Wait for the echo and one frame behind it."""
        heard = b""
        deadline = self._clock() + self._reply_timeout_s * patience
        while True:
            behind_echo = self._without_echo(heard, question)
            if behind_echo:
                used, frame = decode(behind_echo, peer.checksum)
                if frame is not None and used == len(behind_echo):
                    return frame
                if frame is not None:
                    raise FrameRefusedError(
                        f"there is noise behind the answer: {behind_echo[used:].hex(' ')}"
                    )
            left_s = deadline - self._clock()
            more = self._transport.read(_READ_AT_MOST, left_s) if left_s > 0 else b""
            if not more:
                raise self._silence(heard, question)
            heard += more

    def _without_echo(self, heard: bytes, question: bytes) -> bytes:
        """What stands behind the echo; empty while the echo is not complete."""
        if self._echo is Echo.AUTO and heard:
            if heard.startswith(question):
                self._echo = Echo.ON
            elif heard[0] != question[0]:
                self._echo = Echo.OFF
        if self._echo is Echo.OFF:
            return heard
        if not question.startswith(heard[: len(question)]):
            raise FrameRefusedError(f"the echo is not what was sent: {heard[: len(question)].hex(' ')}")
        return heard[len(question) :]

    def _silence(self, heard: bytes, question: bytes) -> Exception:
        if heard and heard != question:
            return FrameRefusedError(f"the answer stopped in the middle: {heard.hex(' ')}")
        if self._echo is Echo.ON and not heard:
            return NoAnswerError("silence, not even the echo came back; look at the cable and its adapter")
        return NoAnswerError("silence")


def _accepted(answer: Frame, peer: Peer, asked: str) -> bytes:
    if answer.destination != HOST_ADDRESS or answer.source not in {None, peer.address}:
        raise RubbishError(f"{asked}: an answer from {answer.source} to {answer.destination} is not for us")
    if answer.header == Header.NAK:
        raise RefusedError(f"{asked}: refused with NAK")
    if answer.header == Header.BUSY:
        raise BusyError(f"{asked}: busy")
    if answer.header != Header.REPLY:
        raise RubbishError(f"{asked}: the answer has header {answer.header}, not 0")
    return answer.data
