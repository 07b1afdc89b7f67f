"""Execute the example notebooks with real PyTorch, and keep in them what came out: ``python tools/execute_examples.py [NAME ...]``.

`chainrule verify` compares with these outputs. The lecture's notebook is not ours and stays as it was recorded.
"""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
import torch
from nbclient import NotebookClient

EXAMPLES = Path(__file__).parents[1] / "examples"
LECTURE = "autograd"


def record(path: Path) -> None:
    """Execute one notebook and write it."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # of a line that is written over, as progress bars are, the last state
        resources={"metadata": {"path": EXAMPLES}},
    )
    client.execute()
    notebook.metadata["language_info"] = {"name": "python"}
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "chainrule" in torch.__version__:
        sys.exit("this torch is chainrule: the examples are recorded with the real one")
    for name in sys.argv[1:] or sorted(path.stem for path in EXAMPLES.glob("*.ipynb") if path.stem != LECTURE):
        print(name, flush=True)
        record(EXAMPLES / f"{name}.ipynb")
