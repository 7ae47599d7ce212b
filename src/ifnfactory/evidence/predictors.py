"""Who responds: the order of genotypes and odds ratios, simulated and published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ifnfactory.evidence.genotypes import GenotypeRow
from ifnfactory.evidence.odds_ratios import RatioRow


@dataclass(frozen=True)
class Predictors:
    """Everything about who responds.

    Attributes
    ----------
    order
        Endpoint, and whether it falls from genotype A to D.
    regressions
        Name, title and source of each regression that could be fitted.
    """

    genotypes: tuple[GenotypeRow, ...]
    order: tuple[tuple[str, bool], ...]
    regressions: tuple[tuple[str, str, str], ...]
    ratios: tuple[RatioRow, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the object that stands in the qualification's JSON."""
        return {
            "genotype_order": dict(self.order),
            "genotypes": [
                {
                    "endpoint": row.endpoint,
                    "genotype": row.genotype,
                    "published": row.published,
                    "simulated": round(row.simulated, 4),
                    "simulated_ci": [round(end, 4) for end in row.simulated_ci],
                }
                for row in self.genotypes
            ],
            "odds_ratios": [
                {
                    "regression": row.regression,
                    "name": row.name,
                    "published": row.published,
                    "published_ci": None if row.published_ci is None else list(row.published_ci),
                    "simulated": float(f"{row.simulated:.4g}"),
                    "simulated_ci": [float(f"{end:.4g}") for end in row.simulated_ci],
                    "direction": row.direction,
                    "within_factor_two": row.within_factor_two,
                }
                for row in self.ratios
            ],
        }
