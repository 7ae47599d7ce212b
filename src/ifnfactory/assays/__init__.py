"""What a laboratory would report: limits, assay error, and the primitives of every endpoint."""
