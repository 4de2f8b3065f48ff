"""
Run on a cluster
================

A build hands its parts to a dask scheduler, wherever its workers are. Here both are threads
of this process; on a cluster only the address differs.
"""

# %%
# Workers
# -------
# On SLURM, `dask_jobqueue.SLURMCluster` takes the place of `LocalCluster`; on Kubernetes, the dask
# operator. Both are described in the guide.

from distributed import LocalCluster

import mesoinv

cluster = LocalCluster(
    n_workers=2, threads_per_worker=1, processes=False, protocol="tcp", dashboard_address=None
)
print(cluster.scheduler_address)

# %%
# Build there
# -----------
# Parts come back through the scheduler, so that workers need no shared disk. The content is the
# same as from one process.

folder = mesoinv.build(
    "percolation", ["L50"], "mini", out="data/there", scheduler=cluster.scheduler_address
)
cluster.close()
here = mesoinv.build("percolation", ["L50"], "mini", out="data/here", workers=1)
same = all(
    (here / path.relative_to(folder)).read_bytes() == path.read_bytes()
    for path in folder.rglob("*.parquet")
)
print(f"the same files: {same}")
