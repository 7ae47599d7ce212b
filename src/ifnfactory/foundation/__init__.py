"""Units, random streams, errors, provenance and progress: no biology and no solver."""
