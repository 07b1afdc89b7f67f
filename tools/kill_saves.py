"""Kill 200 saves (or as many as the argument says) at random moments, and tell whether a file was ever damaged."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / "tests")]

from killed_saves import killed_saves  # noqa: E402


def main() -> None:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        wrong = killed_saves(Path(folder), times)
    print(f"{times} saves killed, {len(wrong)} files damaged", *wrong, sep="\n")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
