"""Eigenstates of sparse Hermitian matrices by number, with the proof of the number."""
