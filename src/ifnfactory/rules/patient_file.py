"""The patient file: its schema, and the gate that tells of every slip with its line.

A field's description completes the sentence "write ...".
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from ifnfactory.assays import quantities
from ifnfactory.assays.quantities import LabTest, ReadingError, read_age, read_lab
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.schema_faults import schema_faults
from ifnfactory.foundation.sections import Section, fault
from ifnfactory.foundation.toml_gate import located, parse_toml, read_text
from ifnfactory.pharmacology.drug import load_drug
from ifnfactory.rules.findings import CONDITIONS, OTHER_MEDICINES, PatientFindings, Treatment
from ifnfactory.rules.patient_checks import contradictions

ADULT: Final = 18


def _reader(test: LabTest) -> BeforeValidator:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise fault(f"{test.label} {value!r} is no result", f'write "{test.example}"')
        try:
            return read_lab(test, str(value))
        except ReadingError as error:
            raise fault(error.what, error.fix) from error

    return BeforeValidator(read)


def _adult(value: Any) -> float:
    try:
        age = read_age(str(value))
    except ReadingError as error:
        raise fault(error.what, error.fix) from error
    if age < ADULT:
        raise fault(f"an age of {age:g} years", "the rules are for adults of 18 years or more")
    return age


def _drug(value: Any) -> str:
    try:
        return load_drug(str(value)).name
    except UserInputError as error:
        raise fault(error.problems[0].what, error.problems[0].fix) from error


def _one_of(known: tuple[str, ...], what: str) -> BeforeValidator:
    def check(value: Any) -> str:
        if value not in known:
            raise fault(f"unknown {what} {value!r}", f"write one of {', '.join(known)}")
        return str(value)

    return BeforeValidator(check)


Alt = Annotated[float, _reader(quantities.ALT)]
UpperLimit = Annotated[float, _reader(quantities.UPPER_LIMIT)]
Dna = Annotated[float, _reader(quantities.HBV_DNA)]
HbsAg = Annotated[float, _reader(quantities.HBSAG)]
Kilopascal = Annotated[float, _reader(quantities.LIVER_STIFFNESS)]
Neutrophils = Annotated[float, _reader(quantities.NEUTROPHILS)]
Clearance = Annotated[float, _reader(quantities.CREATININE_CLEARANCE)]
ConditionName = Annotated[str, _one_of(tuple(CONDITIONS), "condition")]
MedicineName = Annotated[str, _one_of(OTHER_MEDICINES, "medicine")]


class TreatmentFile(Section):
    """What the patient is given now."""

    drugs: list[Annotated[str, BeforeValidator(_drug)]] = Field(
        min_length=1, description='drugs, e.g. ["peginterferon_alfa_2a"]'
    )
    week: float | None = Field(None, ge=0, le=260, description="the week of peginterferon")
    hbsag_start: HbsAg | None = Field(None, description='e.g. "12000 IU/mL"')
    hbv_dna_start: Dna | None = Field(None, description='e.g. "3e7 IU/mL"')


class PatientFile(Section):
    """One adult with chronic hepatitis B."""

    age: Annotated[float, BeforeValidator(_adult)] = Field(description="the age in years")
    sex: Literal["male", "female"] = Field(description='"male" or "female"')
    hbeag: Literal["positive", "negative"] = Field(description='"positive" or "negative"')
    platelets: Annotated[float, _reader(quantities.PLATELETS)] = Field(
        description='e.g. "190 1e9/L"'
    )
    alt: Alt = Field(description='e.g. "85 U/L"')
    alt_uln: UpperLimit | None = Field(None, description='the laboratory\'s limit, e.g. "40 U/L"')
    alt_earlier: Alt | None = Field(None, description='an earlier ALT, e.g. "70 U/L"')
    alt_earlier_months: float | None = Field(None, gt=0, le=120, description="months before `alt`")
    ast: Annotated[float, _reader(quantities.AST)] | None = Field(None, description='e.g. "50 U/L"')
    ast_uln: UpperLimit | None = Field(None, description='the laboratory\'s limit, e.g. "40 U/L"')
    hbv_dna: Dna | None = Field(None, description='e.g. "3e7 IU/mL" or "undetectable"')
    hbsag: HbsAg | None = Field(None, description='e.g. "12000 IU/mL"')
    genotype: Literal["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"] | None = Field(
        None, description="a genotype, A to J"
    )
    fibrosis: Literal["F0", "F1", "F2", "F3", "F4"] | None = Field(
        None, description="a METAVIR stage, F0 to F4"
    )
    inflammation: Literal["G0", "G1", "G2", "G3", "G4"] | None = Field(
        None, description="a grade of inflammation, G0 to G4"
    )
    liver_stiffness: Kilopascal | None = Field(None, description='e.g. "8.1 kPa"')
    cirrhosis: Literal["none", "compensated", "decompensated"] | None = Field(
        None, description='"none", "compensated" or "decompensated"'
    )
    child_pugh: int | None = Field(None, ge=5, le=15, description="a Child-Pugh score, 5 to 15")
    bilirubin_rising: bool | None = Field(None, description="true or false")
    family_history: bool | None = Field(None, description="true or false: HCC or cirrhosis")
    neutrophils: Neutrophils | None = Field(None, description='e.g. "3.1 1e9/L"')
    creatinine_clearance: Clearance | None = Field(None, description='e.g. "90 mL/min"')
    conditions: list[ConditionName] | None = Field(
        None, description="all conditions of the patient, or [] for none"
    )
    other_medicines: list[MedicineName] = Field([], description="medicines that interact")
    treatment: TreatmentFile | None = Field(None, description="a table [treatment]")


def load_patient(path: Path) -> PatientFindings:
    """Return the findings of a patient file.

    Raises
    ------
    UserInputError
        If the file cannot be read or anything in it is wrong: all problems at once, each with
        file and line.
    """
    return parse_patient(read_text(path, "see docs/clinic.md for an example"), str(path))


def parse_patient(text: str, file: str) -> PatientFindings:
    """Return the findings that `text` describes; see `load_patient`."""
    raw = parse_toml(text, file)
    faults = [*schema_faults(PatientFile, raw), *contradictions(raw)]
    if faults:
        raise UserInputError(located(faults, text, file))
    return _findings(PatientFile.model_validate(raw))


def _findings(file: PatientFile) -> PatientFindings:
    given = file.treatment
    treatment = Treatment()
    if given is not None:
        drugs = tuple(given.drugs)
        treatment = Treatment(drugs, given.week, given.hbsag_start, given.hbv_dna_start)
    return PatientFindings(
        age=file.age,
        female=file.sex == "female",
        hbeag_positive=file.hbeag == "positive",
        platelets=file.platelets,
        alt=file.alt,
        alt_uln=file.alt_uln,
        alt_earlier=file.alt_earlier,
        alt_earlier_months=file.alt_earlier_months,
        ast=file.ast,
        ast_uln=file.ast_uln,
        hbv_dna=file.hbv_dna,
        hbsag=file.hbsag,
        genotype=file.genotype,
        fibrosis=None if file.fibrosis is None else int(file.fibrosis[1]),
        inflammation=None if file.inflammation is None else int(file.inflammation[1]),
        liver_stiffness=file.liver_stiffness,
        cirrhosis=file.cirrhosis,
        family_history=file.family_history,
        neutrophils=file.neutrophils,
        creatinine_clearance=file.creatinine_clearance,
        child_pugh=file.child_pugh,
        bilirubin_rising=file.bilirubin_rising,
        conditions=None if file.conditions is None else tuple(file.conditions),
        other_medicines=tuple(file.other_medicines),
        treatment=treatment,
    )
