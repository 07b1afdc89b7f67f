"""Saves that are killed at a random moment: what is left must be the old file or the new one, whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import chainrule

SAVER = """
import sys
import chainrule
path, size = sys.argv[1], int(sys.argv[2])
print("ready", flush=True)
number = 0
while True:
    number += 1
    chainrule.save({"number": number, "values": chainrule.full((size,), float(number))}, path)
"""


def killed_saves(folder: Path, times: int, size: int = 200_000, seed: int = 0) -> list[str]:
    """Kill so many savers at random moments, each over the file of the one before; returns what went wrong."""
    path, wrong, chance = folder / "model.pt", [], random.Random(seed)
    chainrule.save({"number": 0, "values": chainrule.zeros(size)}, path)
    for round_ in range(times):
        process = subprocess.Popen([sys.executable, "-c", SAVER, str(path), str(size)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.wait()
        process.stdout.close()
        try:
            loaded = chainrule.load(path)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what must not happen
            wrong.append(f"{round_}: {error!r}")
            continue
        if loaded["values"].shape != (size,) or not bool((loaded["values"] == loaded["number"]).all()):
            wrong.append(f"{round_}: values of another save")
    chainrule.save(0, path)
    if os.listdir(folder) != ["model.pt"]:
        wrong.append(f"left behind: {os.listdir(folder)}")
    return wrong
