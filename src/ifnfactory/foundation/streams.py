"""Named random streams.

A stream is named by what it is for, never by when it is used, so that a new purpose, another
order of calls or another number of workers leaves every other draw as it was. Draws along a
stream are sequential in the patient index: patient 17 is the same whether 20 or 20,000 are drawn.
"""

from __future__ import annotations

import hashlib

import numpy as np


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator of the stream that `names` names.

    Parameters
    ----------
    seed
        The run's seed, any integer.
    names
        Words and integers, for example ``"population", "hbeag_positive", "age"``.

    Returns
    -------
    numpy.random.Generator
        A PCG64 generator at the start of its stream; two calls give the same numbers.
    """
    text = "\x1f".join([str(int(seed)), *(f"{type(name).__name__}:{name}" for name in names)])
    digest = hashlib.sha256(text.encode()).digest()
    words = np.frombuffer(digest, dtype=np.uint32)
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(words.tolist())))
