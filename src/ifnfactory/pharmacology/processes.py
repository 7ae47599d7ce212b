"""The processes of the model that a drug which is neither interferon nor nucleoside can act on.

Each stands in the equations as one number that is neutral without a drug: a share that is left
(one) or something that is added (zero). A drug file names processes and how strongly it acts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Process:
    """Something that drugs can block or add to.

    Attributes
    ----------
    name
        Key in a drug file; in the model it is ``<name>_<slot>``.
    block
        True where the drug leaves a share of the process, given in its file as log10 of what is
        left at saturation; False where it adds, given as what is added at saturation.
    unit
        Unit of what the drug file says.
    what
        In a reader's words, after "blocks" or "adds to".
    """

    name: str
    block: bool
    unit: str
    what: str


PROCESSES: Final = (
    Process("transcript_block", True, "1", "viral transcripts of cccDNA"),
    Process("integrant_transcript_block", True, "1", "HBsAg transcripts of integrated DNA"),
    Process("encapsidation_block", True, "1", "packing of pregenomic RNA into capsids"),
    Process("cccdna_formation_block", True, "1", "formation of cccDNA from capsids and virions"),
    Process("entry_block", True, "1", "entry of virions into hepatocytes"),
    Process("hbsag_release_block", True, "1", "release of HBsAg into blood"),
    Process("virion_release_block", True, "1", "release of virions into blood"),
    Process("exhaustion_block", True, "1", "the drive that exhausts effectors"),
    Process("hbsag_removal", False, "1/day", "clearance of HBsAg"),
    Process("virion_removal", False, "1/day", "clearance of virions"),
    Process("innate_interferon", False, "1", "the liver's own interferon (EC50 before priming)"),
    Process("innate_immunity", False, "1", "what NK cells and effectors take for interferon"),
    Process("effector_priming", False, "1", "supply of new effectors (untreated = 1)"),
)
"""In the order of the model's constants."""
