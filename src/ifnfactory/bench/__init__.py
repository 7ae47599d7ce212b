"""Speed and error of the engine beside its peers, measured in one run."""
