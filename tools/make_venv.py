"""Make an environment for this project: ``python tools/make_venv.py DIR PROJECT [REQUIREMENT...]``.

Standard library only: it is what a fresh machine runs first. Whatever this Python can do, ``DIR/bin/python`` afterwards
runs the project with everything installed. Three ways, the first that works here:

1. a virtual environment with its own pip;
2. a virtual environment filled from outside by this Python's pip (Debian and Ubuntu without python3-venv);
3. no virtual environment (no venv module at all): packages beside a launcher that sees them, ``src`` and nothing else.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

NOTHING_WORKS = """\
error: {python} has neither ensurepip nor pip, so nothing can be installed with it.
Install one of them (on Debian and Ubuntu: apt install python3-venv), or name another Python: make PYTHON=python3.x"""


def run(*command: str | Path) -> None:
    """Show a command and run it; its failure is ours."""
    print("+", shlex.join(map(str, command)), flush=True)
    subprocess.run(command, check=True)


def make_venv(directory: Path, project: str, *requirements: str) -> None:
    """Fill ``directory`` with an environment that holds ``project`` (editable where possible) and ``requirements``."""
    python = directory / "bin" / "python"
    pip = (sys.executable, "-m", "pip")
    if find_spec("venv") and find_spec("ensurepip"):
        run(sys.executable, "-m", "venv", directory)
        run(python, "-m", "pip", "install", "--quiet", "--editable", project, *requirements)
    elif not find_spec("pip"):
        sys.exit(NOTHING_WORKS.format(python=sys.executable))
    elif find_spec("venv"):
        run(sys.executable, "-m", "venv", "--without-pip", directory)
        run(*pip, "--python", python, "install", "--quiet", "--editable", project, *requirements)
    else:
        packages = directory.resolve() / "packages"
        run(*pip, "install", "--quiet", "--upgrade", "--target", packages, project, *requirements)
        path = shlex.quote(f"{Path('src').resolve()}:{packages}")
        python.parent.mkdir(exist_ok=True)
        python.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {shlex.quote(sys.executable)} -S "$@"\n')
        python.chmod(0o755)


if __name__ == "__main__":
    try:
        make_venv(Path(sys.argv[1]), *sys.argv[2:])
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)
