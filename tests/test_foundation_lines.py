"""Keys are found at their line, whatever the values around them look like."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.foundation.lines import TomlLines

TEXT = '''\
# a comment = 1
title = "a # is no comment"   # this is
notes = """
arm = "not a key"
[not.a.table]
"""
[population]
limits = [
    1, 2,  # ] is no end
    "]",
    3,
]
hbeag = { a = 1, b = 2 }
[[arm]]
name = "one"
[[arm.course]]
drug = 'x'
[[arm.course]]
drug = "y \\" ["
dose = "1"
[[arm]]
"quoted" = 1
name = "two"
[[arm.course]]
drug = "z"
[baseline.age]
sd . x = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("notes",), 3),
        (("population",), 7),
        (("population", "limits"), 8),
        (("population", "limits", 2), 8),
        (("population", "hbeag", "b"), 13),
        (("arm", 0), 14),
        (("arm", 0, "course", 1, "drug"), 19),
        (("arm", 0, "course", 1, "dose"), 20),
        (("arm", 0, "course", 0, "dose"), 16),
        (("arm", 1, "quoted"), 22),
        (("arm", 1, "course", 0, "drug"), 25),
        (("baseline",), 26),
        (("baseline", "age", "sd", "x"), 27),
        (("nowhere", "at", "all"), 1),
        ((), 1),
    ],
)
def test_a_path_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    tomllib.loads(TEXT)  # the sample is TOML
    assert TomlLines(TEXT).line(path) == line


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))))
def test_values_never_shift_the_lines(values: list[str]) -> None:
    texts = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    text = "\n".join(f'key{index} = ["{value}",\n"x"]' for index, value in enumerate(texts))
    lines = TomlLines(text)
    for index in range(len(values)):
        assert lines.line((f"key{index}",)) == 2 * index + 1
