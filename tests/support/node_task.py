"""What tasks of the schedulers' contract do on a node."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path

from qmnmr.cluster.schedulers import find_scheduler


def tell_place(argument: str) -> None:
    """Write the place of this task into a folder, and wait for the file `end` there.

    The task of index 1 asks at its first start to be started again, once that of index 0 runs. The argument is
    "NAME OF THE SCHEDULER:FOLDER".
    """
    name, _, folder = argument.partition(":")
    scheduler = find_scheduler(name)
    place = scheduler.place(os.environ)
    asks = (place.index, place.start) == (1, 0)
    (Path(folder) / f"place-{place.index}-{place.start}.json").write_text(json.dumps(asdict(place)))
    while not (Path(folder) / ("place-0-0.json" if asks else "end")).exists():
        time.sleep(0.1)
    raise SystemExit(scheduler.requeue_exit_code if asks else 0)
