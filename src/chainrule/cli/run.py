"""`chainrule run`: run a notebook, a script or a module with chainrule standing for torch."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from .errors import CommandError, require
from .program import from_program

__all__ = ["add_parser"]


def add_parser(commands: Any) -> None:
    """Add the subcommand to the command line."""
    parser = commands.add_parser(
        "run",
        help="run a notebook or a script",
        description="Run an unmodified torch notebook, script or module with chainrule standing for torch.",
        usage="chainrule run [-o OUT] [--html PAGE] [--timeout SECONDS] [--allow-errors] FILE.ipynb\n"
        "       chainrule run FILE.py [ARGUMENT ...]\n"
        "       chainrule run -m MODULE [ARGUMENT ...]",
    )
    _add_notebook_options(parser)
    parser.add_argument("-m", dest="is_module", action="store_true", help="run a module, as `python -m` does")
    parser.add_argument(
        "target", nargs=argparse.REMAINDER, metavar="FILE", help="notebook or script; what follows a script is its own"
    )
    parser.set_defaults(execute=_execute, parser=parser)


def _add_notebook_options(parser: argparse.ArgumentParser) -> None:
    options = parser.add_argument_group("for a notebook")
    options.add_argument("-o", "--output", type=Path, metavar="OUT", help="write it here, executed (default: in place)")
    options.add_argument("--html", type=Path, metavar="PAGE", help="write it as a page, too")
    options.add_argument("--timeout", type=float, metavar="SECONDS", help="longest time for one cell (default: none)")
    options.add_argument("--allow-errors", action="store_true", help="go on after a cell that raises")


def _execute(arguments: argparse.Namespace) -> int:
    if not arguments.target:
        arguments.parser.error("which FILE or MODULE?")
    target, rest = arguments.target[0], arguments.target[1:]
    if not arguments.is_module and target.endswith(".ipynb"):
        # A notebook has no arguments: options may come after it as well.
        options = argparse.ArgumentParser(prog=arguments.parser.prog, usage=arguments.parser.usage)
        _add_notebook_options(options)
        options.parse_args(rest, namespace=arguments)
        return _run_notebook(Path(target), arguments)
    for option in ("output", "html", "timeout"):
        if getattr(arguments, option) is not None:
            arguments.parser.error(f"--{option} is for notebooks; {target} is none")
    return _run_program(target, rest, is_module=arguments.is_module)


def _run_notebook(path: Path, arguments: argparse.Namespace) -> int:
    from . import notebook as notebooks

    notebook = notebooks.read(path)
    for out in (arguments.output, arguments.html):
        if out is not None and not out.absolute().parent.is_dir():
            raise CommandError(f"cannot write {out}: there is no folder {out.parent}")
    if arguments.html is not None:
        require("nbconvert", purpose="--html")
    failure = None
    try:
        for _ in notebooks.execute(
            notebook, path.absolute().parent, timeout=arguments.timeout, keep_going=arguments.allow_errors
        ):
            pass
    except notebooks.CellError as error:
        failure = error
        print(f"{path}: {error}", file=sys.stderr)
    # A notebook that failed is shown where the user asked for it, and never replaces the one that was read.
    out = arguments.output or (path if failure is None else None)
    if out is None:
        print(f"{path} is left as it was (-o OUT keeps what came out)", file=sys.stderr)
    else:
        notebooks.write(notebook, out)
        print(f"wrote {out}, executed" + ("" if failure is None else f" up to the failure; {path} is left as it was"))
    if arguments.html is not None:
        notebooks.write_atomically(arguments.html, notebooks.page(notebook, path))
        print(f"wrote {arguments.html}")
    return 0 if failure is None else failure.exit_code


def _run_program(target: str, rest: list[str], *, is_module: bool) -> int:
    """Run a script or a module as `__main__`, as `python` would."""
    import runpy

    from .. import torch_alias

    if not is_module and not Path(target).exists():
        raise CommandError(f"cannot read {target}: no such file")
    folder = os.getcwd() if is_module else os.path.dirname(os.path.realpath(target))
    # Where `python` puts the program's own folder there is now that of this command, or the working folder.
    sys.path[0 : 0 if sys.flags.safe_path else 1] = [folder]
    sys.argv = [target, *rest]
    torch_alias.install()
    try:
        if is_module:
            runpy.run_module(target, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(target, run_name="__main__")
    except Exception as error:  # noqa: BLE001 - whatever a program may raise is shown as Python would show it
        sys.excepthook(
            type(error), error.with_traceback(from_program(error.__traceback__, __name__, "runpy")), error.__traceback__
        )
        return 1
    return 0
