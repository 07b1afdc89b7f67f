"""A Jupyter kernel in which `torch` is chainrule from the first cell on.

It is started by `chainrule run` and by the kernelspec that the wheel installs. Both forms work:
`python -m chainrule.cli.kernel -f FILE`, and `python .../chainrule/cli/kernel.py -f FILE`, which needs no chainrule on
the path of the new process.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Install the alias, then start ipykernel."""
    if not sys.flags.safe_path:
        # The folder of this file, or the working folder. Neither may hide a module that the kernel needs; IPython adds
        # the working folder again, for the user.
        del sys.path[0]

    from pathlib import Path

    package_root = str(Path(__file__).parents[2])
    if package_root not in sys.path:
        sys.path.append(package_root)

    from ipykernel import kernelapp

    from chainrule import torch_alias

    torch_alias.install()
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
