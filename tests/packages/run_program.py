"""Run the programs of one file, and write what they yield as JSON: ``run_program.py NAME FILE``.

It runs twice: with real PyTorch, and by ``chainrule run``. A program is a public function without arguments that yields
names and values.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys

import torch


def as_json(value: object) -> object:
    """What the two sides are compared by. Doubles pass through JSON unchanged."""
    if isinstance(value, torch.Tensor):
        return {"dtype": str(value.dtype), "shape": list(value.shape), "values": value.detach().flatten().tolist()}
    return value


def main(name: str, out: str) -> None:
    """Run them all."""
    torch.set_num_threads(1)
    module = importlib.import_module(f"programs.{name}")
    results = {
        program: [(key, as_json(value)) for key, value in function()]
        for program, function in [*vars(module).items()]  # running them adds to it
        if program[0] != "_" and inspect.isgeneratorfunction(function) and function.__module__ == module.__name__
    }
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"torch": torch.__version__, "results": results}, file)


main(*sys.argv[1:])
