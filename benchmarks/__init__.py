"""Our solvers beside their references in one run: ``python -m benchmarks`` in a checkout.

One thread each, so that ratios mean the same on every machine; numerical libraries read these
variables when they are first imported, hence here.
"""

import os

for _library in ("OMP", "MKL", "OPENBLAS", "NUMBA"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
