from qmnmr.engines.facts import mpirun
from qmnmr.programs.command_line import program_environment


def test_mpirun_comes_first():
    assert mpirun("nwchem", "input.nw", ranks=2) == ("mpirun", "-n", "2", "nwchem", "input.nw")


def test_what_a_scheduler_or_another_mpi_set_does_not_reach_the_program():
    base = {
        "PATH": "/bin",
        "HOME": "/home/a",
        "SLURM_JOB_ID": "1",
        "PMIX_RANK": "0",
        "PMI_FD": "3",
        "OMPI_MCA_btl": "x",
    }
    found = program_environment(base, scratch="/s")
    assert not {"SLURM_JOB_ID", "PMIX_RANK", "PMI_FD", "OMPI_MCA_btl"} & set(found)
    assert found["PATH"] == "/bin"
    assert found["HOME"] == "/home/a"


def test_threads_locale_and_scratch_are_fixed():
    found = program_environment({"OMP_NUM_THREADS": "64", "LC_ALL": "de_DE", "TMPDIR": "/gone"}, scratch="/s")
    assert (found["OMP_NUM_THREADS"], found["OPENBLAS_NUM_THREADS"]) == ("1", "1")
    assert (found["LC_ALL"], found["TMPDIR"], found["SCRATCH_DIR"]) == ("C", "/s", "/s")
