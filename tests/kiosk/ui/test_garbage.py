"""Garbage is collected in the screen's thread, and nowhere else."""

import gc
import threading
import weakref

import pytest
from pytestqt.qtbot import QtBot

from kiosk.ui import garbage


class Cycle:
    """Two of these hold each other."""

    other: "Cycle"


def make_cycle() -> "weakref.ref[Cycle]":
    one, two = Cycle(), Cycle()
    one.other, two.other = two, one
    return weakref.ref(one)


def test_cycles_of_other_threads_are_collected_here(
    qtbot: QtBot, qapp: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "SWEEP_EVERY_MS", 5)
    monkeypatch.setattr(garbage, "WHOLE_EVERY", 3)
    collected_in: list[int] = []

    def note(phase: str, _info: dict[str, int]) -> None:
        if phase == "start":
            collected_in.append(threading.get_ident())

    with garbage.garbage_collected_here(qapp):  # type: ignore[arg-type]
        assert not gc.isenabled()
        gc.callbacks.append(note)
        made: list[weakref.ref[Cycle]] = []
        worker = threading.Thread(target=lambda: made.extend(make_cycle() for _ in range(5000)))
        worker.start()
        worker.join()
        qtbot.waitUntil(lambda: all(ref() is None for ref in made), timeout=10_000)
        gc.callbacks.remove(note)
    assert set(collected_in) == {threading.get_ident()}
    assert gc.isenabled()
