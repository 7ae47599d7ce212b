"""Virtual patients: who they are, and the untreated state from which each of them starts."""
