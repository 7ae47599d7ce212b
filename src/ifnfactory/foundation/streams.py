"""Named random streams.

A stream is named by what it is for, never by when it is used, so that a new purpose, another
order of calls or another number of workers leaves every other draw as it was. Draws along a
stream are sequential in the patient index: patient 17 is the same whether 20 or 20,000 are drawn.

`Streams` remembers how far each stream has been read. Whoever draws from it takes the next
patients, and its positions let another process take just those: a run can be cut anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Position:
    """How far one stream has been read.

    Attributes
    ----------
    names
        The stream's name.
    state, increment
        Of PCG64.
    half
        A 32-bit half of a draw that waits for its use, or None.
    """

    names: tuple[str | int, ...]
    state: int
    increment: int
    half: int | None


class Streams:
    """The named streams of a run, each where the patients so far have left it.

    Parameters
    ----------
    seed
        The run's seed, any integer.
    positions
        Where streams stand that have been read; all others stand at their start.
    """

    def __init__(self, seed: int, positions: Sequence[Position] = ()) -> None:
        self.seed = int(seed)
        self._positions = {position.names: position for position in positions}
        self._generators: dict[tuple[str | int, ...], np.random.Generator] = {}

    def at(self, *names: str | int) -> np.random.Generator:
        """Return the generator of a stream; what is drawn from it moves the stream on."""
        if names not in self._generators:
            generator = stream(self.seed, *names)
            if names in self._positions:
                _move(generator, self._positions[names])
            self._generators[names] = generator
        return self._generators[names]

    def positions(self) -> tuple[Position, ...]:
        """Return where every stream stands that has been read, in order of name."""
        read = {names: _position(names, each) for names, each in self._generators.items()}
        return tuple(sorted((self._positions | read).values(), key=lambda each: repr(each.names)))

    def names(self) -> tuple[str, ...]:
        """Return the names of the streams that have been read, their words joined by "/"."""
        return tuple("/".join(map(str, position.names)) for position in self.positions())

    def fork(self) -> Streams:
        """Return streams that stand where these do, and move apart from them."""
        return Streams(self.seed, self.positions())


Seed = int | Streams
"""What draws begin from: a seed, for the first patients, or streams, for the next ones."""


def streams_of(seed: Seed) -> Streams:
    """Return `seed` itself if it is streams, else the streams of that seed at their start."""
    return seed if isinstance(seed, Streams) else Streams(seed)


def stream(seed: Seed, *names: str | int) -> np.random.Generator:
    """Return the generator of the stream that `names` names.

    Parameters
    ----------
    seed
        The run's seed, any integer; or streams, whose stream is then read on.
    names
        Words and integers, for example ``"population", "hbeag_positive", "age"``.

    Returns
    -------
    numpy.random.Generator
        A PCG64 generator; for a seed at the start of its stream, so that two calls give the same
        numbers.
    """
    if isinstance(seed, Streams):
        return seed.at(*names)
    text = "\x1f".join([str(int(seed)), *(f"{type(name).__name__}:{name}" for name in names)])
    digest = hashlib.sha256(text.encode()).digest()
    words = np.frombuffer(digest, dtype=np.uint32)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))


def _position(names: tuple[str | int, ...], generator: np.random.Generator) -> Position:
    found = generator.bit_generator.state
    return Position(
        names,
        int(found["state"]["state"]),
        int(found["state"]["inc"]),
        int(found["uinteger"]) if found["has_uint32"] else None,
    )


def _move(generator: np.random.Generator, position: Position) -> None:
    generator.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": position.state, "inc": position.increment},
        "has_uint32": int(position.half is not None),
        "uinteger": position.half or 0,
    }
