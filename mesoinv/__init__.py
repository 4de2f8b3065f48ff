"""Benchmark datasets for inverse problems in mesoscopic and disordered quantum systems."""
