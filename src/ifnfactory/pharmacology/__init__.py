"""Drugs, doses, courses and regimens as data, and what they do to each virtual patient."""
