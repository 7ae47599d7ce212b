"""The command line: a door, with no science in it."""
