"""What `site check` finds on a real cluster, with a partition of GPU nodes and a profile that is out of date."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.slurm_cluster.cluster import running_cluster

pytestmark = pytest.mark.slurm

GPU_NODES = """\
GresTypes=gpu
NodeName=g1 NodeHostname=localhost NodeAddr=127.0.0.1 Port=6899 CPUs=8 RealMemory=64000 Gres=gpu:2 State=DOWN
PartitionName=gpu Nodes=g1 State=UP"""


def test_gpu_partitions_are_left_out_and_an_old_profile_is_compared(tmp_path: Path) -> None:
    with running_cluster(EXTRA=GPU_NODES) as cluster:
        found = cluster.qmnmr("site", "check", "--name", "mine", "--write")
        assert "gpu (GPUs): 8 cores, 64000 MB" in found.stderr
        assert "left out, since their nodes have GPUs, which nothing here uses: gpu" in found.stderr
        profile = Path(found.stdout.strip())
        assert "gpu" not in tomllib.loads(profile.read_text())["partitions"]
        assert "the profile mine agrees with the cluster" in cluster.qmnmr("site", "check").stderr
        everything = tomllib.loads(cluster.qmnmr("site", "check", "--with-gpus").stdout)
        assert everything["partitions"]["gpu"]["max_cores"] == 8
        profile.write_text(profile.read_text().replace("[partitions.low]", "[partitions.lower]"))
        cluster.run("scontrol", "update", "PartitionName=main", "MaxTime=30")
        told = cluster.qmnmr("site", "check").stderr
        assert "the profile mine differs from the cluster:\n" in told
        assert "  partition lower: the cluster has none of that name\n" in told
        assert "  partition main: max_minutes = no limit, but the cluster allows 30\n" in told
        assert "  partitions that the profile does not name: low\n" in told
