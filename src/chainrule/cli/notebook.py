"""Notebooks: read, execute in a kernel where `torch` is chainrule, write, render."""

from __future__ import annotations

import copy
import os
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .errors import CommandError, require

__all__ = ["CellError", "execute", "page", "read", "write", "write_atomically"]

# The page runs no script and fetches nothing: what a notebook displays can be looked at, and no more.
_PAGE = """\
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; \
font-src data:">
{%- endblock -%}
{%- block jupyter_widgets -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block footer_js -%}{%- endblock -%}
"""


class CellError(Exception):
    """Execution stopped at a cell: it raised, ran out of time, or took the kernel down."""

    def __init__(self, cell: int, reason: str, exit_code: int = 1) -> None:
        super().__init__(f"stopped at code cell {cell}: {reason}")
        self.cell = cell
        self.exit_code = exit_code


def read(path: Path) -> Any:
    """Read a notebook of any version as one of version 4."""
    require("nbformat", purpose="reading a notebook")
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about cells without an id: they get one
            notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}") from error
    # Not UTF-8, not JSON, or JSON of something else.
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        raise CommandError(f"{path} is not a notebook: {error}") from error
    if not isinstance(notebook.get("cells"), list):
        raise CommandError(f"{path} is not a notebook: it has no list of cells")
    return notebook


def write(notebook: Any, path: Path) -> None:
    """Write a notebook."""
    import nbformat

    write_atomically(path, nbformat.writes(notebook) + "\n")


def write_atomically(path: Path, text: str) -> None:
    """Write a text file so that at any moment either the old or the new content is there, whole."""
    path = path.resolve()  # a link stays a link
    try:
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise CommandError(f"cannot write {path}: {error.strerror}") from error
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def page(notebook: Any, path: Path) -> str:
    """The notebook that was read from `path`, as one HTML file without scripts, which fetches nothing."""
    from jinja2 import DictLoader
    from nbconvert import HTMLExporter

    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = _without_lost_attachments(cell)
    exporter = HTMLExporter(
        extra_loaders=[DictLoader({"chainrule.html.j2": _PAGE})], template_file="chainrule.html.j2", embed_images=True
    )
    resources = {"metadata": {"name": path.stem, "path": str(path.absolute().parent)}}
    body: str = exporter.from_notebook_node(notebook, resources)[0]
    return body


def _without_lost_attachments(cell: Any) -> str:
    """A cell's source in which only attachments that are there are called so: nbconvert stops at any other."""
    if cell.cell_type != "markdown":
        return str(cell.source)
    there = cell.get("attachments", {})

    def picture(found: re.Match[str]) -> str:
        return found[0] if found[1] in there else found[1]

    return re.sub(r"\battachment:([^\s)\"']+)", picture, cell.source)


def execute(
    notebook: Any, folder: Path, *, timeout: float | None = None, keep_going: bool = False
) -> Iterator[tuple[int, Any, float]]:
    """Execute the code cells of a notebook, in place, in a fresh kernel where `torch` is chainrule.

    Yields the number of each code cell (the first is 1), the cell with its new outputs, and the seconds it took.
    Progress goes to stderr.

    Args:
        notebook: what `read` returned; its cells get their outputs.
        folder: the working folder of the kernel.
        timeout: seconds that one cell may take (default: no limit).
        keep_going: go on after a cell that raised (default: only where the cell's tags say "raises-exception").

    Raises:
        CellError: if a cell raised, ran out of time or took the kernel down; the notebook holds what came out before.
    """
    require("nbclient", "ipykernel", purpose="running a notebook")
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    code_cells = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    with ExitStack() as stack:
        private = stack.enter_context(tempfile.TemporaryDirectory(prefix="chainrule-"))
        client = NotebookClient(
            notebook,
            km=_kernel_manager(private),
            timeout_func=lambda cell: timeout,  # as `timeout` it would have to be whole seconds
            allow_errors=keep_going,
            record_timing=False,
            resources={"metadata": {"path": str(folder)}},
            # The session must not end up in the user's history.
            extra_arguments=["--HistoryManager.hist_file=:memory:"],
        )
        try:
            stack.enter_context(client.setup_kernel(cleanup_kc=True))
        except RuntimeError as error:
            raise CommandError(f"the kernel did not start: {error}") from error
        notebook.metadata["language_info"] = _language_info(client)
        for number, (index, cell) in enumerate(code_cells, 1):
            if not cell.source.strip() or "skip-execution" in cell.metadata.get("tags", ()):
                continue
            progress = _Progress(number, len(code_cells), cell.source)
            try:
                client.execute_cell(cell, index, execution_count=client.code_cells_executed + 1)
            except CellExecutionError as error:
                progress.end(error.ename)
                raise CellError(number, f"{error.ename}\n{_plain(_traceback(cell))}") from None
            except (CellTimeoutError, KeyboardInterrupt) as error:
                client.shutdown_kernel = "immediate"  # it is busy
                progress.end("stopped")
                if isinstance(error, KeyboardInterrupt):
                    raise
                raise CellError(number, f"it took longer than {timeout:g} s", exit_code=124) from None
            except DeadKernelError:
                progress.end("the kernel died")
                raise CellError(number, "the kernel died") from None
            raised = next((output.ename for output in cell.outputs if output.output_type == "error"), None)
            yield number, cell, progress.end(raised)
        client.set_widgets_metadata()


def _kernel_manager(private: str) -> Any:
    """A manager of one kernel: that of this Python, whatever the notebook's metadata ask for.

    Args:
        private: a folder that only this user can enter. Where the system has sockets in the file system the kernel
            listens there, and on no port at all; elsewhere on the loopback interface.
    """
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class OurKernelSpec(KernelSpecManager):
        """Knows one kernel."""

        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            launcher = str(Path(__file__).with_name("kernel.py"))
            return KernelSpec(
                argv=[sys.executable, "-Xfrozen_modules=off", launcher, "-f", "{connection_file}"],
                display_name="Python (torch is chainrule)",
                language="python",
            )

    where = {"transport": "ipc", "ip": f"{private}/kernel"} if os.name == "posix" else {"ip": "127.0.0.1"}
    return AsyncKernelManager(
        kernel_name="chainrule",
        kernel_spec_manager=OurKernelSpec(),
        connection_file=f"{private}/kernel.json",
        **where,
    )


def _language_info(client: Any) -> Any:
    reply = client.wait_for_reply(client.kc.kernel_info())
    return reply["content"]["language_info"]


def _traceback(cell: Any) -> str:
    return "\n".join(line for output in cell.outputs if output.output_type == "error" for line in output.traceback)


def _plain(text: str) -> str:
    """Without colours, unless it goes to a terminal."""
    return text if sys.stderr.isatty() else re.sub(r"\x1b\[[0-9;]*m", "", text)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


class _Progress:
    """One line on stderr for one cell: what it is when it begins, how long it took when it ends."""

    def __init__(self, number: int, count: int, source: str) -> None:
        first = source.strip().splitlines()[0]
        print(f"cell {number}/{count}  {first[:60]:<60}", end="  ", file=sys.stderr, flush=True)
        self.begin = time.perf_counter()

    def end(self, problem: str | None) -> float:
        seconds = time.perf_counter() - self.begin
        print(f"{seconds:.2f} s" + (f"  {problem}" if problem else ""), file=sys.stderr, flush=True)
        return seconds
