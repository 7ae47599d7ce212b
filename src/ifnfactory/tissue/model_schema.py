"""The schema of a cell-model file. What it says about each key is also its documentation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ifnfactory.foundation.sections import Finite, NotNegative, Positive, Section, Tag, Text

Expression = Annotated[str, Field(min_length=1, description="an expression in quotation marks")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class RateSection(Section):
    """A named number, or one of the patient model's."""

    value: Finite | None = Field(None, description="a number")
    unit: Text | None = Field(None, description='a unit, such as "1/h" or "um2/s"')
    source: Text | None = Field(None, description="where the number comes from")
    tag: Tag | None = Field(None, description="one of V, U-H, U-M, U-L, D, S, prior")
    description: str = Field("", description="what the number is")
    from_: Text | None = Field(
        None, alias="from", description='"chapter.name" of a parameter of the patient model'
    )
    times: Positive = Field(1.0, description="a positive factor on the value taken with from")


class LatticeSection(Section):
    """Where cells sit."""

    kind: Literal["hex", "blocks"] = Field("hex", description='"hex" or "blocks"')
    pitch_um: float = Field(
        25.0, ge=0.01, le=10_000, description="the distance of neighbouring sites, 0.01 to 10000 um"
    )
    block: int = Field(1, ge=1, le=9, description="voxels along the side of a cell")
    size: int = Field(256, ge=3, description="the usual number of cells along a side, 3 or more")


class TimeSection(Section):
    """Steps."""

    cell_step_min: Positive = Field(description="a positive number of minutes")
    field_step_min: Positive = Field(description="a positive number of minutes")
    hours: Positive = Field(72.0, description="the usual length of a run in hours, above 0")


class InputSection(Section):
    """A number that drives the tissue from outside."""

    unit: Text = Field(description="a unit")
    value: NotNegative = Field(0.0, description="a number, 0 or more")
    description: str = Field("", description="what drives the tissue")


class QuantitySection(Section):
    """Something inside a cell."""

    phases: list[Name] = Field([], description="a list of names of phases")
    kind: Literal["phase", "level", "amount"] = Field(
        "phase", description='"phase", "level" or "amount"'
    )
    bits: Literal[8, 16, 32] = Field(8, description="8, 16 or 32")
    maximum: Positive = Field(1.0, description="the largest value, above 0")
    initial: Finite | str = Field(0.0, description="a number, or the name of a phase")
    description: str = Field("", description="what it is")


class FieldSection(Section):
    """A signal between cells."""

    unit: Text = Field(description="a unit")
    diffusion: Expression = Field(description="an expression over rates, in um2/s as a rule")
    uptake: Expression = Field("0", description="an expression over rates")
    decay: Expression = Field("0", description="an expression over rates")
    washout: Expression = Field("0", description="an expression over rates")
    secretion: Expression = Field("0", description="an expression over a cell's quantities")
    solver: Literal["explicit", "implicit"] = Field(
        "implicit", description='"explicit" or "implicit"'
    )
    substeps: int = Field(
        0, ge=0, le=1000, description="a number of explicit steps in a field step, up to 1000"
    )
    pulse: bool = Field(False, description="true or false")
    partner: str = Field("", description="the name of the other layer")
    to_partner: Expression = Field("0", description="an expression over rates")
    exchange: Expression = Field("0", description="a rate, an expression over rates")
    arriving: Expression = Field("0", description="an expression over rates, inputs and pools")
    description: str = Field("", description="what it is")


class SinusoidSection(Section):
    """The blood between portal field and central vein."""

    transit: Expression = Field("0", description="a time, an expression over rates")


class PoolSection(Section):
    """A well-mixed amount that all cells share."""

    unit: Text = Field(description="a unit")
    secretion: Expression = Field("0", description="an expression over a cell's quantities")
    decay: Expression = Field("0", description="an expression over rates")
    initial: NotNegative = Field(0.0, description="a number, 0 or more")
    description: str = Field("", description="what it is")


class ResidentSection(Section):
    """A property of a random share of the sites."""

    fraction: Expression = Field(description="an expression over rates, from 0 to 1")
    description: str = Field("", description="what it is")


class TransitionSection(Section):
    """A random change of one quantity."""

    name: Text = Field(description="a name")
    quantity: Name = Field(description="the name of a quantity")
    when: Expression = Field("1", description="a condition")
    rate: Expression = Field(description="a rate, an expression")
    change: int | None = Field(None, description="1 or -1, or use to")
    to: Finite | str | None = Field(None, description="the new value, or a phase")
    sets: dict[str, Expression] = Field({}, description="a table of quantities and expressions")


class RelaxSection(Section):
    """An amount that approaches a target."""

    quantity: Name = Field(description="the name of an amount")
    rate: Expression = Field(description="a rate, an expression")
    target: Expression = Field(description="an expression")


class OdeSection(Section):
    """Amounts that change together by differential equations."""

    name: Text = Field(description="a name")
    substeps: int = Field(10, ge=1, le=1000, description="a whole number from 1")
    equations: dict[str, Expression] = Field(description="a table of quantities and slopes")


class DeedSection(Section):
    """What an agent does to the cell where it is."""

    name: Text = Field(description="a name")
    when: Expression = Field("1", description="a condition")
    rate: Expression = Field(description="a rate, an expression")
    sets: dict[str, Expression] = Field(description="a table of quantities and expressions")


class AgentSection(Section):
    """Sparse cells that walk over the lattice."""

    density: Expression = Field(description="an expression over rates: agents a site")
    motility: Expression = Field("0", description="an expression over rates")
    lights: Expression = Field("0", description="a rate, an expression")
    rests: Expression = Field("0", description="a rate, an expression")
    deeds: list[DeedSection] = Field([], description="a list of tables")
    description: str = Field("", description="what it is")


class SeedingSection(Section):
    """How the infection starts."""

    pattern: Literal["none", "poisson", "centre"] = Field(
        "none", description='"none", "poisson" or "centre"'
    )
    amount: float = Field(0.0, ge=0, le=1e6, description="a mean number for each cell, 0 to 1e6")
    when: Expression = Field("1", description="a condition")
    sets: dict[str, Expression] = Field({}, description="a table of quantities and expressions")


class FactorySection(Section):
    """How to look at the interferon factory: what to switch off, and how long a generation is."""

    without_interferon: list[Name] = Field(
        [], description="a list of rates and inputs that are 0 where there is no interferon"
    )
    without_loop: list[Name] = Field(
        [], description="a list of rates that are 0 where interferon does not call for more"
    )
    generation: Expression = Field("0", description="a time, an expression over rates")


class MeasureSection(Section):
    """A condition whose share of all cells is a result."""

    when: Expression = Field(description="a condition over quantities, rates and phases")
    description: str = Field("", description="what it is")


class ModelSection(Section):
    """A whole file."""

    name: Text = Field(description="a name")
    title: Text = Field(description="one line that says what the model is")
    reference: str = Field("", description="where the model comes from")
    lattice: LatticeSection = Field(LatticeSection.model_validate({}), description="a table")
    time: TimeSection = Field(description="a table with cell_step_min and field_step_min")
    rates: dict[Name, RateSection] = Field({}, description="a table of rates")
    inputs: dict[Name, InputSection] = Field({}, description="a table of inputs")
    quantities: dict[Name, QuantitySection] = Field(description="a table of quantities")
    fields: dict[Name, FieldSection] = Field({}, description="a table of fields")
    sinusoid: SinusoidSection = Field(
        SinusoidSection.model_validate({}), description="a table with transit"
    )
    pools: dict[Name, PoolSection] = Field({}, description="a table of pools")
    residents: dict[Name, ResidentSection] = Field({}, description="a table of residents")
    neighbours: dict[Name, Expression] = Field({}, description="a table of conditions")
    let: dict[Name, Expression] = Field({}, description="a table of expressions")
    transitions: list[TransitionSection] = Field([], description="a list of tables")
    relax: list[RelaxSection] = Field([], description="a list of tables")
    ode: list[OdeSection] = Field([], description="a list of tables")
    agents: dict[Name, AgentSection] = Field({}, description="a table of agents")
    agent_step_min: Positive = Field(30.0, description="a positive number of minutes")
    seeding: SeedingSection = Field(SeedingSection.model_validate({}), description="a table")
    measures: dict[Name, MeasureSection] = Field({}, description="a table of measures")
    factory: FactorySection = Field(FactorySection.model_validate({}), description="a table")
