"""The tissue on paper: pictures of a sheet, curves, phase diagrams, reports."""
