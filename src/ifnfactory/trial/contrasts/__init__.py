"""What differs between two groups of virtual patients: pure functions over arrays."""
