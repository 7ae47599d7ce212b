"""What only the compiled kernel promises: identical bits, accuracy, no negative states, a cache."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from engine_problems import kernel_integrator, reference_integrator, toy, typical
from hypothesis import given, settings
from hypothesis import strategies as st

from ifnfactory.bench.common_problem import (
    DOSE_DAYS,
    DOSE_UG,
    OUTPUT_DAYS,
    common_network,
    common_patients,
)
from ifnfactory.bench.engine import worst_error
from ifnfactory.engine.batch import Events, Tolerances, compiled, finish, init
from ifnfactory.engine.kernel import is_cached, kernel_key, load_kernel
from ifnfactory.engine.reference import right_hand_side
from ifnfactory.foundation.kernel_cache import CACHE_VARIABLE


def common_run(n: int, relative: float, threads: int):
    network = common_network()
    people = common_patients(network, n)
    advance = compiled(network, load_kernel(network), Tolerances(relative), threads)
    doses = Events(DOSE_DAYS, ("DEP",) * 48, np.ones(48, dtype=bool), np.full((n, 48), DOSE_UG))
    return advance(init(network, people.constants, people.initial), 504.0, doses, OUTPUT_DAYS)


def test_one_and_two_threads_give_the_same_bits() -> None:
    one_state, one = common_run(300, 1e-5, 1)
    two_state, two = common_run(300, 1e-5, 2)
    assert one.output.tobytes() == two.output.tobytes()
    assert one_state.values.tobytes() == two_state.values.tobytes()
    assert one.accepted.tobytes() == two.accepted.tobytes()


def test_one_extra_patient_changes_nobody_else() -> None:
    _, few = common_run(130, 1e-5, 1)
    _, more = common_run(131, 1e-5, 2)
    assert few.output.tobytes() == more.output[:130].tobytes()


def test_kernel_agrees_with_the_reference_on_the_common_problem() -> None:
    network = common_network()
    n = 5
    people = common_patients(network, n)
    doses = Events(DOSE_DAYS, ("DEP",) * 48, np.ones(48, dtype=bool), np.full((n, 48), DOSE_UG))
    state = init(network, people.constants, people.initial)
    _, slow = reference_integrator(network)(state, 504.0, doses, OUTPUT_DAYS)
    _, fast = kernel_integrator(network, 1e-7)(state, 504.0, doses, OUTPUT_DAYS)
    assert worst_error(network, fast.output, slow.output) < 1e-5


def test_kernel_agrees_with_sundials_on_the_common_problem() -> None:
    from sksundae.cvode import CVODE

    network = common_network()
    people = common_patients(network, 2)
    f = right_hand_side(network)
    depot = network.species_names.index("DEP")
    _, fast = common_run(2, 1e-7, 1)
    truth = np.zeros((2, 9, 9))
    for i in range(2):

        def rhs(_t, y, yp, p=people.constants[i]):
            yp[:] = f(np.maximum(y, 0.0), p[0])

        y = people.initial[i].copy()
        truth[i, 0] = y
        for week in range(8):
            y[depot] += DOSE_UG
            solver = CVODE(
                rhs, rtol=1e-10, atol=1e-12, max_num_steps=10**6, userdata=(people.constants[i],)
            )
            y = np.array(solver.solve(np.array([7.0 * week, 7.0 * (week + 1)]), y).y[-1])
            truth[i, week + 1] = y
    assert worst_error(network, fast.output[:, :9], truth) < 1e-5


def test_error_falls_with_the_tolerance() -> None:
    _, best = common_run(8, 1e-10, 1)
    errors = [
        worst_error(common_network(), common_run(8, tolerance, 1)[1].output, best.output)
        for tolerance in (1e-4, 1e-6, 1e-8)
    ]
    assert errors[0] > 5 * errors[1] > 25 * errors[2]


def test_order_four() -> None:
    # Halving every step of a method of order 4 divides the error by 16: steps scale as tol^(1/4),
    # so the error per tolerance is about constant and steps grow by 10 for four decades.
    _, coarse = common_run(8, 1e-5, 1)
    _, fine = common_run(8, 1e-9, 1)
    growth = fine.accepted.mean() / coarse.accepted.mean()
    assert 6 < growth < 20


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.floats(1e-3, 50.0), min_size=3, max_size=3),
    st.floats(0.0, 1e4),
    st.floats(1e-6, 1e-2),
)
def test_no_state_goes_negative(rates: list[float], dose: float, tolerance: float) -> None:
    constants, initial = typical(toy(), 1)
    constants[0, :3] = rates
    events = Events(np.array([0.0, 2.0]), ("depot",) * 2, np.ones(2, bool), np.full((1, 2), dose))
    advance = kernel_integrator(toy(), tolerance)
    out = np.linspace(0.1, 60.0, 40)
    state, info = advance(init(toy(), constants, initial), 60.0, events, out)
    assert finish(state)[0] == ("completed", 1)
    assert info.output.min() >= 0.0
    # what went in has not become more
    held = info.output[0, :, 0] + info.output[0, :, 1]
    assert held.max() <= 2 * dose * (1 + 10 * tolerance) + 1e-6


def test_an_event_at_an_unknown_target_is_refused() -> None:
    constants, initial = typical(toy(), 1)
    events = Events(np.array([0.0]), ("nowhere",), np.ones(1, bool), np.ones((1, 1)))
    with pytest.raises(ValueError, match="nowhere"):
        kernel_integrator(toy())(init(toy(), constants, initial), 1.0, events, [])


def test_wrong_shapes_are_refused() -> None:
    constants, initial = typical(toy(), 2)
    with pytest.raises(ValueError, match="needs"):
        init(toy(), constants[:, :-1], initial)


def test_the_kernel_is_cached_on_disk_for_the_next_process() -> None:
    load_kernel(toy())
    assert is_cached(toy())
    code = (
        "import sys, time; sys.path.insert(0, 'tests')\n"
        "from engine_problems import toy\n"
        "from ifnfactory.engine.kernel import load_kernel\n"
        "start = time.process_time(); k = load_kernel(toy())\n"
        "print(k.freshly_compiled, time.process_time() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    fresh, seconds = done.stdout.split()
    assert fresh == "False"
    assert float(seconds) < 5.0  # of a core, whatever else the machine does


def run_in_process(cache: Path) -> subprocess.Popen[str]:
    code = (
        "import sys; sys.path.insert(0, 'tests')\n"
        "from engine_problems import kernel_integrator, toy, typical\n"
        "from ifnfactory.engine.batch import Events, init\n"
        "from ifnfactory.engine.kernel import load_kernel\n"
        "start = init(toy(), *typical(toy(), 1))\n"
        "_, info = kernel_integrator(toy())(start, 7.0, Events.none(1), [7.0])\n"
        "print(load_kernel(toy()).key, info.output.tobytes().hex())\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, CACHE_VARIABLE: str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answers(*processes: subprocess.Popen[str]) -> set[str]:
    ends = [(*process.communicate(), process.returncode) for process in processes]
    assert [(error, code) for _, error, code in ends] == [("", 0)] * len(processes)
    return {output for output, _, _ in ends}


def test_processes_that_make_the_same_kernel_at_once_all_succeed(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert len(answers(*(run_in_process(cache) for _ in range(3)))) == 1
    assert [path.name for path in cache.iterdir()] == [kernel_key(toy())]


def test_a_damaged_kernel_is_made_again(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    good = answers(run_in_process(cache))
    home = cache / kernel_key(toy())
    files = sorted(path for path in home.rglob("*") if path.is_file())
    assert {path.suffix for path in files} >= {".py", ".lanes", ".nbi", ".nbc"}
    for file in files:
        file.write_bytes(b"\x00garbage")
    assert answers(run_in_process(cache)) == good
    for file in files:
        if file.suffix == ".nbc":
            file.write_bytes(file.read_bytes()[:1000])
    assert answers(run_in_process(cache)) == good


def test_a_cache_that_cannot_be_written_costs_a_compilation_only(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("a file stands where the folder should be")
    good = answers(run_in_process(tmp_path / "other"))
    assert answers(run_in_process(cache)) == good
    assert cache.is_file()


def test_the_key_names_the_model() -> None:
    assert kernel_key(toy()) != kernel_key(common_network())
