"""From a protocol file to endpoints: the virtual trial."""
