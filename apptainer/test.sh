#!/bin/sh
# %test of every qmnmr image, and so `apptainer test`: the acceptance set. A failed check fails the build.
set -eu
exec qmnmr image test
