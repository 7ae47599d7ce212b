"""What a notebook may import from the package itself."""

import subprocess
import sys

import pytest

import ifnfactory

NAMES = [
    "IfnError",
    "UserInputError",
    "build_system",
    "list_protocols",
    "load_drug",
    "load_protocol",
    "run_trial",
    "save_trial",
]


def test_exported_names_are_pinned() -> None:
    assert ifnfactory.__all__ == NAMES
    assert set(NAMES) <= set(dir(ifnfactory))


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_what_its_owner_made(name: str) -> None:
    found = getattr(ifnfactory, name)
    assert found.__name__ == name
    assert found.__module__.startswith("ifnfactory.")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ifnfactory.nothing


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, ifnfactory; print('numpy' in sys.modules, 'sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
