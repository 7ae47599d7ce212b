"""Ways out to other programs' formats."""
