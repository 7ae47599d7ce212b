"""A checkpoint beside a run to be: who goes on from it, and who throws it away."""

from pathlib import Path

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.runs.unfinished import Unfinished


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """Return where a run of request "one" was interrupted."""
    out = tmp_path / "run"
    mine = Unfinished(out, "one")
    assert mine.begin(anew=False) is None
    mine.save({"points": np.arange(3)})
    return out


@pytest.mark.parametrize("anew", [False, True])
def test_the_same_request_goes_on_also_where_it_may_replace(waiting: Path, anew: bool) -> None:
    kept = Unfinished(waiting, "one").begin(anew)
    assert kept is not None
    assert kept["points"].tolist() == [0, 1, 2]


def test_another_request_is_refused_unless_it_may_replace(waiting: Path) -> None:
    with pytest.raises(UserInputError, match="another request or version waits"):
        Unfinished(waiting, "two").begin(anew=False)
    assert Unfinished(waiting, "one").begin(anew=False) is not None  # nothing was lost
    assert Unfinished(waiting, "two").begin(anew=True) is None
    assert Unfinished(waiting, "two").begin(anew=False) is None
