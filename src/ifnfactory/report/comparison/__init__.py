"""Arms and runs beside each other: what differs, when things happen, and in whom."""
