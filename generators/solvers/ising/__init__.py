"""The Ising model with couplings to nearest and to diagonal neighbours, cooled step by step."""
