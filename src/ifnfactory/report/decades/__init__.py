"""Reports of lifetimes and of a country's burden."""
