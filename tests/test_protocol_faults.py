"""Bad protocols: one message a problem, all at once, each with its line and the fix."""

from pathlib import Path

import pytest

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.trial.catalogue import protocol_text
from ifnfactory.trial.protocol import load_protocol, parse_protocol

LAU = protocol_text("lau2005")


def faults(text: str) -> list[Problem]:
    with pytest.raises(UserInputError) as caught:
        parse_protocol(text, "mine", "mine.toml")
    return list(caught.value.problems)


def changed(*replacements: tuple[str, str]) -> str:
    text = LAU
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def line_of(text: str, fragment: str) -> int:
    (number,) = [i for i, line in enumerate(text.splitlines(), 1) if fragment in line][:1]
    return number


ONE_SLIP = {
    "unknown key": (("sd = 10.0", "sd = 10.0\nmeen = 3"), "meen = 3", "unknown key 'meen'", "mean"),
    "unknown section": (("[schedule]", "[shedule]"), "[shedule]", "unknown key", "schedule"),
    "wrong unit of a dose": (("180 ug", "180 IU"), '"180 IU"', "'IU' is none of them", "180 ug"),
    "units of activity": (("180 ug", "5 MIU"), '"5 MIU"', "international units", "180 ug"),
    "wrong unit of DNA": (
        ("500000 copies/mL", "500000 mg"),
        "500000 mg",
        "has the unit 'mg'",
        "IU/mL or copies/mL",
    ),
    "wrong unit of a baseline": (
        ('sd = 1.9\nunit = "copies/mL"', 'sd = 1.9\nunit = "g/L"'),
        'unit = "g/L"',
        "unit = 'g/L'",
        '"IU/mL" or "copies/mL"',
    ),
    "wrong unit of a limit of HBsAg": (
        ('alt_min = "1 xULN"', 'alt_min = "1 xULN"\nhbsag_max = "1500 ng/mL"'),
        "1500 ng/mL",
        "has the unit 'ng/mL'",
        "1500 IU/mL",
    ),
    "HBsAg of the average patient outside its limit": (
        ('alt_min = "1 xULN"', 'alt_min = "1 xULN"\nhbsag_max = "1500 IU/mL"'),
        "[baseline.log10_hbsag]",
        "1.58e+04 IU/mL of HBsAg",
        "limits of [population]",
    ),
    "negative dose": (("180 ug", "-180 ug"), "-180 ug", "positive", "180 ug"),
    "zero dose": (('"100 mg"', '"0 mg"'), '"0 mg"', "positive", "180 ug"),
    "slip of the unit": (("180 ug", "180 mg"), "180 mg", "1000 times", "unit of the dose"),
    "visit before baseline": (
        ("    0, 1, 2, 4,", "    -2, 0, 1, 2, 4,"),
        "visits = [",
        "visit before baseline (week -2)",
        "week 0",
    ),
    "visits in days": (("68, 72,", "68, 72, 20000,"), "visits = [", "more than 100 years", "weeks"),
    "visits in disorder": (("0, 1, 2, 4,", "0, 2, 1, 4,"), "visits = [", "follows", "order"),
    "no baseline visit": (("0, 1, 2, 4,", "1, 2, 4,"), "visits = [", "no baseline visit", "week 0"),
    "stop before start": (
        ("stop_week = 48", "stop_week = -1"),
        "stop_week = -1",
        "stops at week -1",
        "stop week after",
    ),
    "start before baseline": (
        ("start_week = 0", "start_week = -4"),
        "start_week = -4",
        "before baseline",
        "week 0 or later",
    ),
    "unknown drug": (
        ("peginterferon_alfa_2a", "peginterferon_alfa_2c"),
        "peginterferon_alfa_2c",
        "unknown drug",
        "did you mean peginterferon_alfa_2",
    ),
    "no interval": (('"1 week"', '"weekly-ish"'), "weekly-ish", "no interval", "1 week"),
    "shares": (("C = 0.58", "C = 0.85"), "[baseline.genotype]", "sum to 1.27", "other"),
    "a share in percent": (("value = 0.783", "value = 78.3"), "value = 78.3", "78.3", "0 and 1"),
    "negative SD": (("sd = 10.0", "sd = -1.0"), "sd = -1.0", "sd = -1.0", "0 or more"),
    "no ALT": (("mean = 110.7", "mean = 0.0"), "mean = 0.0", "mean = 0.0", "above 0"),
    "children": (("age_min = 18", "age_min = 12"), "age_min = 12", "age_min = 12", "18 years"),
    "average patient is not let in": (
        ("mean = 10.03", "mean = 4.0"),
        "[baseline.log10_hbv_dna]",
        "impossible baseline",
        "[population]",
    ),
    "wrong HBeAg share": (
        ("value = 1.0", "value = 0.5"),
        "value = 0.5",
        "only HBeAg-positive patients",
        "write 1.0",
    ),
    "a number in quotes": (("mean = 31.9", 'mean = "31.9"'), 'mean = "31.9"', "number", "years"),
    "unknown arm": (('arm = "peg_lam"', 'arm = "peglam"'), '"peglam"', "unknown arm", "peg_lam"),
    "unknown endpoint": (
        ('"hbeag_loss"', '"hbeag_los"'),
        '"hbeag_los"',
        "unknown endpoint",
        "did you mean hbeag_loss",
    ),
    "unknown rules": (
        ('"peg2a_label"', '"peg2a_labl"'),
        "peg2a_labl",
        "no rules",
        "did you mean 'peg2a-label'",
    ),
    "rules of a drug that is not given": (
        ('"peg2a_label"', '"peg2b_label"'),
        "peg2b_label",
        "not given",
        "leave them out",
    ),
    "week without a visit": (("week = 72", "week = 71"), "week = 71", "visit in week 71", "add 71"),
    "threshold below the limit": (
        ("hbv_dna_lt_400cp", "hbv_dna_lt_100cp"),
        "hbv_dna_lt_100cp",
        "below the laboratory's limit",
        "hbv_dna_lloq",
    ),
    "unit of a published mean": (
        ('unit = "log10 copies/mL"', 'unit = "%"'),
        None,
        "mean_log10_dna_change is not in '%'",
        "log10 IU/mL",
    ),
    "outside its interval": (
        ("ci_low = 26.58", "ci_low = 33"),
        None,
        "outside its interval",
        "correct",
    ),
    "miscounted": (("k = 87", "k = 78"), None, "is 28.8 %, not 32", "correct k"),
    "follow-up not reached": (
        ("follow_up_weeks = 24", "follow_up_weeks = 48"),
        "visits = [",
        "the last visit is in week 72",
        "up to week 96",
    ),
    "two arms of one name": (
        ('name = "lam"', 'name = "peg"'),
        None,
        "two arms are called",
        "rename",
    ),
}


@pytest.mark.parametrize("case", ONE_SLIP)
def test_one_slip_gives_a_message_with_line_and_fix(case: str) -> None:
    replacement, fragment, what, fix = ONE_SLIP[case]
    text = changed(replacement)
    problems = faults(text)
    (problem, *_) = [each for each in problems if what in each.what] or [None]
    assert problem is not None, [str(each) for each in problems]
    assert fix in problem.fix
    if fragment is not None:
        assert problem.where == f"mine.toml:{line_of(text, fragment)}"
    else:
        assert problem.where.startswith("mine.toml:")


def test_all_slips_are_told_at_once_and_in_the_order_of_the_file() -> None:
    slips = (
        ("sd = 10.0", "sd = 10.0\nmeen = 3"),
        ("C = 0.58", "C = 0.85"),
        ("0, 1, 2, 4,", "-4, 0, 1, 2, 4,"),
        ("180 ug", "-180 ug"),
        ('arm = "peg_lam"', 'arm = "peglam"'),
        ("k = 87", "k = 78"),
    )
    problems = faults(changed(*slips))
    told = " ".join(each.what for each in problems)
    for fragment in ("meen", "sum to 1.27", "before baseline", "-180 ug", "peglam", "28.8 %"):
        assert fragment in told
    assert len(problems) == len(slips)
    lines = [int(each.where.rsplit(":", 1)[1]) for each in problems]
    assert lines == sorted(lines)


def test_an_arm_without_a_regimen_has_to_say_so() -> None:
    arm = '[[arm]]\nname = "nothing"\nn = 10\n'
    (problem,) = faults(LAU + arm)
    assert "arm 'nothing' has no regimen" in problem.what
    assert "untreated = true" in problem.fix
    assert problem.where == f"mine.toml:{len(LAU.splitlines()) + 1}"
    protocol = parse_protocol(LAU + arm + "untreated = true\n", "mine", "mine.toml")
    assert protocol.arm("nothing").regimen.courses == ()


def test_another_slip_of_the_arm_does_not_hide_the_missing_regimen() -> None:
    problems = faults(LAU + '[[arm]]\nname = "nothing"\nn = 2.5\n')
    assert len(problems) == 2
    assert {"arm 'nothing' has no regimen"} < {each.what for each in problems}


def test_an_untreated_arm_has_no_course() -> None:
    (problem,) = faults(changed(('name = "lam"', 'name = "lam"\nuntreated = true')))
    assert "untreated but has courses" in problem.what


def test_overlapping_courses_are_found_in_the_file() -> None:
    course = '[[arm.course]]\ndrug = "lam"\ndose = "100 mg"\nevery = "1 day"\nstop_week = 12\n\n'
    text = LAU.replace("# Published", course + "# Published", 1)
    problems = faults(text)
    assert [each.what for each in problems] == [
        "two courses of lamivudine overlap (weeks 0-48 and 0-12)"
    ]


def test_a_cure_needs_its_24_weeks() -> None:
    text = LAU + (
        '[[published]]\narm = "peg"\nendpoint = "functional_cure"\nweek = 60\nvalue = 3\n'
        'unit = "%"\ntag = "prior"\nconfidence = "low"\n'
    )
    (problem,) = faults(text)
    assert "week 72 or later" in problem.what


def test_hbeag_cannot_be_lost_by_those_who_lack_it() -> None:
    text = protocol_text("marcellin2004") + (
        '[[published]]\narm = "peg"\nendpoint = "hbeag_loss"\nweek = 72\nvalue = 3\n'
        'unit = "%"\ntag = "prior"\nconfidence = "low"\n'
    )
    (problem,) = faults(text)
    assert "nobody has it at baseline" in problem.what


def test_a_row_that_stands_twice_is_told() -> None:
    rows = LAU[LAU.index("[[published]]") :].split("\n\n")
    (problem,) = faults(f"{LAU}\n{rows[0]}\n")
    assert "published twice" in problem.what


def test_missing_sections_are_all_told() -> None:
    problems = faults('title = "a trial"\n')
    missing = {each.what.split("'")[1] for each in problems}
    assert missing == {"citation", "population", "baseline", "laboratory", "schedule", "arm"}
    assert all(each.fix.startswith("add ") for each in problems)


def test_an_empty_file_is_no_protocol() -> None:
    assert len(faults("")) == 7


def test_broken_toml_has_its_line() -> None:
    (problem,) = faults('title = "x"\ncitation = \n')
    assert problem.where == "mine.toml:2"
    assert "not TOML" in problem.what


@pytest.mark.parametrize("raw", ["arm = 3\n", "arm = [1, 2]\nbaseline = 4\n", "published = {}\n"])
def test_wrong_shapes_are_faults_and_no_traceback(raw: str) -> None:
    assert faults(raw)


def test_a_file_is_read_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "own_trial.toml"
    path.write_text(LAU, encoding="utf-8")
    assert load_protocol(path).name == "own_trial"
    assert load_protocol(str(path)).arms == load_protocol("lau2005").arms


def test_unreadable_files_are_told(tmp_path: Path) -> None:
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'title = "\xe9\xff"\n')
    for path, told in (
        (tmp_path / "absent.toml", "no such file"),
        (latin, "not text in UTF-8"),
        (tmp_path, "cannot be read"),
    ):
        with pytest.raises(UserInputError, match=told) as caught:
            load_protocol(path)
        assert caught.value.problems[0].where == str(path)
