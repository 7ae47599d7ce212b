"""What a person reads after a run: one page that needs nothing but itself."""
