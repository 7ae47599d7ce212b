"""A trial carried out: cut into tasks, done by an executor, kept in a run folder."""
