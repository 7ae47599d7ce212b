"""Guideline rules, contraindications and dose rules as data, with pure functions over them."""
