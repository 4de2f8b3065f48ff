"""Electron diffraction of cubic crystals: structure factors, beams, propagation, patterns."""
