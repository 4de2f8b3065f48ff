"""Pretrained baselines: architectures, recipes, weights."""
