"""The run folder: what a run leaves behind, complete or not at all."""
