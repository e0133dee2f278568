"""What a planted mistake is, and how the product is patched for a while."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum

Plant = Callable[[], AbstractContextManager[None]]


class Hunter(StrEnum):
    """Which harness should find a mistake, and what it counts."""

    STORIES = "seeds"
    REQUESTS = "worlds"
    COUNTERS = "cases"
    FRAMES = "episodes"
    POWER_CUTS = "scenarios"


@dataclass(frozen=True)
class Mistake:
    """One known mistake: what is wrong, in a line; the laws it breaks; who should find it.

    `near` is a seed that is known to come near it, for quick runs.
    """

    name: str
    wrong: str
    laws: tuple[str, ...]
    hunter: Hunter
    plant: Plant
    near: int = 1


MISTAKES: list[Mistake] = []
"""All of them, in the order in which they are told."""


def mistake(
    name: str, wrong: str, *, laws: tuple[str, ...], hunter: Hunter = Hunter.STORIES, near: int = 1
) -> Callable[[Callable[[], Iterator[None]]], None]:
    """Enter a generator that patches the product, yields, and is patched back, into the list."""

    def enter(plant: Callable[[], Iterator[None]]) -> None:
        MISTAKES.append(Mistake(name, wrong, laws, hunter, contextmanager(plant), near))

    return enter


@contextmanager
def patched(owner: object, name: str, wrong: object) -> Iterator[None]:
    """Put something wrong in the place of an attribute of a module or class, for a while."""
    honest = vars(owner)[name]
    setattr(owner, name, wrong)
    try:
        yield
    finally:
        setattr(owner, name, honest)
