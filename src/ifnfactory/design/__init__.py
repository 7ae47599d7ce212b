"""Planning a real trial: replicated virtual trials, their power, and when to stop early."""
