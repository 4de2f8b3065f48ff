"""A model: a network between physical arrays; how it is loaded, checked and used."""
