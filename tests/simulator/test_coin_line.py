"""The simulated coin line by its own: the manuals' bytes, the coins' whereabouts, faults, listeners."""

from collections import Counter

import pytest

from kiosk.hardware.cctalk.frames import Checksum, Frame, decode, encode
from kiosk.hardware.cctalk.messages import DispenseVariant, Header
from simulator.devices.coin_acceptor import SimulatedCoin
from simulator.devices.coin_line import (
    ACCEPTOR,
    CASH_BOX,
    RETURN_CUP,
    Fallen,
    SimulatedCoinLine,
    value_minor,
)
from simulator.devices.hopper import HopperForm
from simulator.faults import Fault

COINS = (
    SimulatedCoin(1, 50, path=2, hopper="hopper 1", coin_id="EU050A"),
    SimulatedCoin(3, 200, path=1, coin_id="EU200A"),
)


class Street:
    """A simulated line with a clock of its own."""

    def __init__(self, checksum: Checksum = Checksum.SIMPLE, coins: int = 10) -> None:
        self.now_s = 50.0
        self.line = SimulatedCoinLine(
            COINS,
            (
                HopperForm("hopper 1", 50, coins, address=3, checksum=checksum),
                HopperForm("hopper 2", 20, 4, address=4, variant=DispenseVariant.NO_ENCRYPT),
            ),
            lambda: self.now_s,
            checksum=checksum,
        )

    def hear(self, sent: str) -> str:
        """Send these bytes and return what comes behind the echo."""
        data = bytes.fromhex(sent)
        heard = self.line.receive(data)
        assert heard.startswith(data), "one data line: the host hears itself"
        return heard[len(data) :].hex(" ").upper()

    def ask(self, address: int, header: Header, data: bytes = b"") -> Frame | None:
        """Ask a device with the simple checksum."""
        question = encode(Frame(address, 1, header, data))
        _, answer = decode(self.line.receive(question)[len(question) :], Checksum.SIMPLE)
        return answer


def test_it_answers_the_manuals_bytes() -> None:
    street = Street()
    assert street.hear("02 00 01 FE FF") == "01 00 02 00 FD"
    assert street.hear("02 00 01 F5 08") == "01 0D 02 00 43 6F 69 6E 20 41 63 63 65 70 74 6F 72 16"
    assert street.hear("02 00 01 F8 05") == "01 01 02 00 00 FC"
    assert street.hear("02 02 01 E7 FF FF 16") == "01 00 02 00 FD"
    assert street.hear("02 01 01 E4 00 18") == "01 00 02 00 FD"
    assert street.hear("02 01 01 B8 0C 38") == "01 06 02 00 2E 2E 2E 2E 2E 2E E3"
    assert street.hear("02 00 01 01 FC") == "01 00 02 00 FD"
    assert street.hear("03 01 01 A4 A5 B2") == "01 00 03 00 FC"
    assert street.hear("03 04 01 A7 DF D7 0A 01 90") == "01 01 03 00 01 FA"


def test_a_credit_has_the_manuals_form() -> None:
    street = Street()
    street.hear("02 02 01 E7 FF FF 16")
    assert street.line.drop_coin(50) == Fallen(accepted=True, place="hopper 1")
    assert street.hear("02 00 01 E5 18") == "01 0B 02 00 01 01 02 00 00 00 00 00 00 00 00 EE"


@pytest.mark.parametrize(
    "sent",
    [
        "02 00 01 FE FE",  # wrong checksum
        "09 00 01 FE F8",  # nobody has this address
        "02 00 01 10 ED",  # nobody knows this header
        "02 FF 01 10 ED",  # impossible length
        "28 00 46 01 3F",  # a frame with CRC for somebody else
    ],
)
def test_what_is_wrong_gets_no_answer(sent: str) -> None:
    street = Street()
    assert street.hear(sent) == ""
    street.now_s += 1
    assert street.hear("02 00 01 FE FF") == "01 00 02 00 FD"


def test_half_a_frame_is_forgotten_after_a_while() -> None:
    street = Street()
    assert street.hear("02 00 01") == ""
    assert street.hear("FE FF") == "01 00 02 00 FD"
    assert street.hear("02 00 01") == ""
    street.now_s += 1
    assert street.hear("02 00 01 FE FF") == "01 00 02 00 FD"


def test_crc_mode_answers_with_crc() -> None:
    street = Street(Checksum.CRC16)
    question = encode(Frame(2, None, Header.SIMPLE_POLL))
    heard = street.line.receive(question)
    assert decode(heard[len(question) :], Checksum.CRC16)[1] == Frame(1, None, 0)


def test_coins_fall_where_the_sorter_sends_them_and_none_vanishes() -> None:
    street = Street()
    assert street.line.drop_coin(200) == Fallen(accepted=False, place=RETURN_CUP)
    street.ask(2, Header.MODIFY_INHIBIT_STATUS, b"\xff\xff")
    assert street.line.lets_in == {50, 200}
    assert street.line.drop_coin(200) == Fallen(accepted=True, place=CASH_BOX)
    assert street.line.drop_coin(50).place == "hopper 1"
    assert street.line.drop_coin(7) == Fallen(accepted=False, place=RETURN_CUP)
    street.line.fill("hopper 2", 6)
    street.line.take_out("hopper 1", leave=3)
    where = street.line.where()
    assert where.cash_box == Counter({200: 1})
    assert where.returned == Counter({200: 1, 7: 1})
    assert where.in_hoppers == Counter({50: 3, 20: 10})
    assert value_minor(where.inserted) == 457
    assert value_minor(where.taken_out) == 400
    assert where.is_conserved
    where.cash_box[200] += 1
    assert not where.is_conserved


def test_a_hopper_pays_in_time_and_stops_when_it_is_empty() -> None:
    street = Street(coins=3)
    street.ask(3, Header.ENABLE_HOPPER, b"\xa5")
    street.ask(3, Header.DISPENSE_HOPPER_COINS, b"\xdf\xd7\x0a\x05")
    assert street.line.is_paying()
    street.now_s += 0.5
    street.line.advance()
    assert street.line.where().paid_out == Counter({50: 2})
    street.now_s += 60
    assert not street.line.is_paying()
    status = street.ask(3, Header.REQUEST_HOPPER_STATUS)
    assert status is not None
    assert status.data == bytes([1, 0, 3, 0])
    test = street.ask(3, Header.TEST_HOPPER)
    assert test is not None
    assert test.data[0] & 0b10, "the time-out is shown"


@pytest.mark.parametrize(
    ("address", "order"),
    [(3, b"\0\0\0\1"), (3, b"\xdf\xd7\x0a\0"), (3, bytes(8) + b"\1"), (4, bytes(8) + b"\1")],
)
def test_an_order_that_is_not_right_is_refused(address: int, order: bytes) -> None:
    """A wrong serial number, no coins, the other variant, no cipher key asked for."""
    street = Street()
    street.ask(address, Header.ENABLE_HOPPER, b"\xa5")
    answer = street.ask(address, Header.DISPENSE_HOPPER_COINS, order)
    assert answer is not None
    assert answer.header == Header.NAK
    assert not street.line.is_paying()


def test_a_disabled_hopper_refuses() -> None:
    street = Street()
    answer = street.ask(3, Header.DISPENSE_HOPPER_COINS, b"\xdf\xd7\x0a\1")
    assert answer is not None
    assert answer.header == Header.NAK


def test_a_power_cut_keeps_what_the_manual_says() -> None:
    street = Street()
    street.ask(3, Header.ENABLE_HOPPER, b"\xa5")
    street.ask(3, Header.DISPENSE_HOPPER_COINS, b"\xdf\xd7\x0a\x0a")
    street.now_s += 1.8
    street.line.power_cut()
    assert street.hear("03 00 01 A6 56") == ""
    street.line.restart()
    assert street.hear("03 00 01 A6 56") == "01 04 03 00 00 00 07 03 EE"
    assert street.line.acceptor.counter == 0
    assert street.line.where().paid_out == Counter({50: 7})


def test_faults_belong_to_devices() -> None:
    street = Street()
    with pytest.raises(ValueError, match="hopper-jam is no fault of 'coins'"):
        street.line.switch(Fault.HOPPER_JAM)
    with pytest.raises(ValueError, match="coin-jam is no fault of 'hopper 1'"):
        street.line.switch(Fault.COIN_JAM, device="hopper 1")
    with pytest.raises(KeyError):
        street.line.switch(Fault.SILENT, device="hopper 9")


def test_wire_faults_are_heard() -> None:
    street = Street()
    street.line.switch(Fault.NAK_ONCE)
    assert street.hear("02 00 01 FE FF") == "01 00 02 05 F8"
    street.line.switch(Fault.BUSY_ONCE)
    assert street.hear("02 00 01 FE FF") == "01 00 02 06 F7"
    street.line.switch(Fault.LINE_NOISE)
    assert street.hear("02 00 01 FE FF") == "01 00 02 00 A8"
    street.line.switch(Fault.RUBBISH)
    assert street.hear("02 00 01 FE FF").startswith("FF 13")
    street.line.switch(Fault.SILENT)
    street.line.switch(Fault.RUBBISH, on=False)
    assert street.hear("02 00 01 FE FF") == ""
    street.line.clear()
    assert street.hear("02 00 01 FE FF") == "01 00 02 00 FD"
    street.line.switch(Fault.ECHO_LOST)
    assert street.line.receive(bytes.fromhex("02 00 01 FE FF")) == bytes.fromhex("01 00 02 00 FD")


def test_listeners_hear_of_every_change() -> None:
    street = Street()
    calls: list[int] = []
    street.line.listeners.append(lambda: calls.append(len(calls)))
    street.line.drop_coin(50)
    street.line.fill("hopper 1", 1)
    street.line.switch(Fault.SILENT, device=ACCEPTOR)
    street.line.clear()
    assert len(calls) == 4
    street.ask(3, Header.ENABLE_HOPPER, b"\xa5")
    street.ask(3, Header.DISPENSE_HOPPER_COINS, b"\xdf\xd7\x0a\1")
    street.now_s += 5
    street.line.advance()
    assert len(calls) == 5
    street.line.advance()
    assert len(calls) == 5
