"""Lies on the coin line, built from the grammar of ccTalk: what comes instead of a device's answer.

An answer is echo and frame. Every part of both is changed here; the frames of some lies are right in all but
what they say. Of those no two follow each other as answers to the same question: see the claim of the room.
"""

from collections import deque
from collections.abc import Callable
from random import Random

from kiosk.hardware.cctalk.frames import Frame, encode
from kiosk.hardware.cctalk.messages import Header, next_counter
from laws.frames.tally import FrameTally

_HOST = 1
_ADDRESSES = (0, 2, 3, 4, 5, 40, 255)
_OTHER_HEADERS = (Header.NAK, Header.BUSY, 1, 167, 229, 254)
_REMEMBERED = 12

Lie = Callable[[bytes, bytes], bytes | None]
"""Question and true frame to what is heard behind the echo; None when this lie does not fit here."""


class CctalkLiar:
    """Stands between the host and the line. `rate` is how often an answer is a lie."""

    def __init__(self, chance: Random, tally: FrameTally) -> None:
        self._chance = chance
        self._tally = tally
        self.rate = 0.0
        self._old: dict[tuple[int, int], deque[bytes]] = {}
        self._held = b""
        self._unconfirmed: set[tuple[int, int]] = set()
        self._right_looking: tuple[tuple[str, Lie], ...] = (
            ("invented data", self._invented_data),
            ("mended data", self._mended_data),
            ("jumped counter", self._jumped_counter),
            ("invented credit", self._invented_credit),
            ("old answer", self._old_answer),
            ("absurd payout", self._absurd_payout),
        )
        self._wrong: tuple[tuple[str, Lie], ...] = (
            ("random bytes", self._random_bytes),
            ("flipped bit", self._flipped_bit),
            ("wrong destination", self._wrong_destination),
            ("wrong source", self._wrong_source),
            ("wrong header", self._wrong_header),
            ("wrong length", self._wrong_length),
            ("truncated", self._truncated),
            ("concatenated", self._concatenated),
            ("frame of the other checksum", self._other_checksum),
        )

    def heard(self, question: bytes, answer: bytes) -> bytes:
        """What the host hears after its question, its echo first; `answer` is the true frame, or nothing."""
        place = (question[0], question[3]) if len(question) > 3 else (0, 0)
        held, self._held = self._held, b""
        if held and place not in self._unconfirmed:
            self._unconfirmed.add(place)
            return question + held  # its own answer comes too late for everybody
        if answer and self._chance.random() < self.rate:
            return self._lie(question, answer, place)
        if answer:
            self._unconfirmed.discard(place)
            self._old.setdefault(place, deque(maxlen=_REMEMBERED)).append(answer)
        return question + answer

    def _lie(self, question: bytes, answer: bytes, place: tuple[int, int]) -> bytes:
        kind = self._chance.random()
        if kind < 0.12:
            return self._echo_lie(question, answer)
        if kind < 0.17:
            self._tally.lies["late answer"] += 1
            self._held = answer
            return question
        if kind < 0.5 and place not in self._unconfirmed:
            name, lie = self._chance.choice(self._right_looking)
            said = lie(question, answer)
            if said is not None:
                self._unconfirmed.add(place)
                self._tally.lies[name] += 1
                return question + said
        name, lie = self._chance.choice(self._wrong)
        self._tally.lies[name] += 1
        return question + (lie(question, answer) or b"")

    def _echo_lie(self, question: bytes, answer: bytes) -> bytes:
        place = self._chance.randrange(len(question))
        changed = question[:place] + bytes([question[place] ^ self._any(1, 255)]) + question[place + 1 :]
        name, said = self._chance.choice(
            (
                ("echo missing", answer),
                ("echo twice", question + question + answer),
                ("echo changed", changed + answer),
                ("echo cut", question[place:] + answer),
                ("echo alone", question),
            )
        )
        self._tally.lies[name] += 1
        return said

    # --- right in all but what they say

    def _invented_data(self, question: bytes, answer: bytes) -> bytes:
        length = answer[1] if self._chance.random() < 0.8 else self._any(0, 20)
        return _frame(question[0], self._chance.randbytes(length))

    def _mended_data(self, question: bytes, answer: bytes) -> bytes | None:
        data = bytearray(answer[4:-1])
        if not data:
            return None
        data[self._any(0, len(data) - 1)] ^= self._any(1, 255)
        return _frame(question[0], bytes(data))

    def _jumped_counter(self, question: bytes, answer: bytes) -> bytes | None:
        if question[3] != Header.READ_BUFFERED_CREDIT:
            return None
        events = [byte for _ in range(5) for byte in (self._any(0, 16), self._any(1, 8))]
        kept = bytes(events) if self._chance.random() < 0.5 else answer[5:-1]
        return _frame(question[0], bytes([self._any(0, 255)]) + kept)

    def _invented_credit(self, question: bytes, answer: bytes) -> bytes | None:
        """One coin more, everything else as it should be."""
        if question[3] != Header.READ_BUFFERED_CREDIT:
            return None
        coins = self._chance.choice((1, 1, 2, 5))
        counter, events = answer[4], answer[5:-1]
        for _ in range(coins):
            counter = next_counter(counter)
            events = bytes([self._any(1, 16), self._any(1, 4)]) + events[:8]
        return _frame(question[0], bytes([counter]) + events)

    def _old_answer(self, question: bytes, answer: bytes) -> bytes | None:
        old = self._old.get((question[0], question[3]))
        told = self._chance.choice(old) if old else answer
        return None if told == answer else told

    def _absurd_payout(self, question: bytes, answer: bytes) -> bytes | None:
        """A payout that has just ended, or another counter than there is."""
        match question[3]:
            case Header.REQUEST_HOPPER_STATUS:
                counter = self._chance.choice((0, answer[4], next_counter(answer[4]), self._any(0, 255)))
                paid = self._any(0, 12)
                unpaid = self._chance.choice((0, 0, self._any(0, 12)))
                return _frame(question[0], bytes([counter, self._chance.choice((0, 0, 0, 3)), paid, unpaid]))
            case Header.DISPENSE_HOPPER_COINS:
                return _frame(question[0], bytes([self._any(0, 255)]))
            case Header.TEST_HOPPER:
                return _frame(question[0], bytes([1 << self._any(0, 7), 1 << self._any(0, 7)]))
        return None

    # --- wrong

    def _random_bytes(self, _question: bytes, _answer: bytes) -> bytes:
        return self._chance.randbytes(self._any(1, 24))

    def _flipped_bit(self, _question: bytes, answer: bytes) -> bytes:
        flipped = bytearray(answer)
        flipped[self._any(0, len(answer) - 1)] ^= 1 << self._any(0, 7)
        return bytes(flipped)

    def _wrong_destination(self, question: bytes, answer: bytes) -> bytes:
        return encode(Frame(self._chance.choice(_ADDRESSES), question[0], 0, answer[4:-1]))

    def _wrong_source(self, question: bytes, answer: bytes) -> bytes:
        others = [address for address in (*_ADDRESSES, _HOST) if address != question[0]]
        return encode(Frame(_HOST, self._chance.choice(others), 0, answer[4:-1]))

    def _wrong_header(self, question: bytes, answer: bytes) -> bytes:
        return encode(Frame(_HOST, question[0], self._chance.choice(_OTHER_HEADERS), answer[4:-1]))

    def _wrong_length(self, _question: bytes, answer: bytes) -> bytes:
        return answer[:1] + bytes([answer[1] ^ self._any(1, 255)]) + answer[2:]

    def _truncated(self, _question: bytes, answer: bytes) -> bytes:
        return answer[: self._any(1, len(answer) - 1)]

    def _concatenated(self, _question: bytes, answer: bytes) -> bytes:
        noise = self._chance.randbytes(self._any(1, 9))
        return self._chance.choice((answer + answer, answer + noise, noise + answer, noise + answer + answer))

    def _other_checksum(self, _question: bytes, answer: bytes) -> bytes:
        return encode(Frame(_HOST, None, 0, answer[4:-1]))

    def _any(self, least: int, most: int) -> int:
        return self._chance.randint(least, most)


def _frame(device: int, data: bytes) -> bytes:
    return encode(Frame(_HOST, device, 0, data))
