"""The modelling language: species, parameters, reactions and observables that know their units."""
