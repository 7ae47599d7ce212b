"""The decades after therapy: risk scores, states, hazards, lifetimes, burden."""
