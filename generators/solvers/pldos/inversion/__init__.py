"""The inverse problem: the landscape behind a density of states, found through the solver."""
