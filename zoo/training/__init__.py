"""Training: samples, recipes, the loop, and what is written at its end."""
