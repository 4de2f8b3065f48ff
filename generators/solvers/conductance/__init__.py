"""Transport through disordered wires between ideal leads."""
