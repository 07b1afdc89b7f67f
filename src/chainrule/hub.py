"""``torch.hub``: files of weights by their addresses.

Code is not fetched: what :func:`torch.hub.load` runs in PyTorch is a program from the network. Here it runs those of this machine.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from typing import Any

from .serialization import load as _load
from .serialization._atomic import replacing as _replacing

__all__ = ["download_url_to_file", "get_dir", "help", "list", "load", "load_state_dict_from_url", "set_dir"]

_folder: str | None = None
_CHUNK = 128 * 1024
HASH_REGEX = re.compile(r"-([a-f0-9]*)\.")
"""Where the name of a file of weights says how its hash begins."""


def get_dir() -> str:
    """The folder that files are kept in: what :func:`set_dir` chose, else ``$TORCH_HOME/hub``, ``$XDG_CACHE_HOME/torch/hub`` or
    ``~/.cache/torch/hub``.

    >>> import chainrule as torch
    >>> torch.hub.get_dir().endswith("hub")
    True
    """
    return os.path.join(_get_torch_home(), "hub") if _folder is None else _folder


def _get_torch_home() -> str:
    cache = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    return os.path.expanduser(os.environ.get("TORCH_HOME", os.path.join(cache, "torch")))


def set_dir(d: str | os.PathLike[str]) -> None:
    """Choose the folder that files are kept in, in this process."""
    global _folder
    _folder = os.path.expanduser(os.fspath(d))


def download_url_to_file(url: str, dst: str, hash_prefix: str | None = None, progress: bool = True) -> None:
    """Fetch a file. It is there whole or not at all.

    Args:
        url: its address.
        dst: where to write it.
        hash_prefix: how its SHA256 begins, in hexadecimal digits; None: whatever it is.
        progress: whether to show on stderr how far it is, if tqdm is installed.

    Raises:
        RuntimeError: it is another file by its hash. URLError: it could not be fetched.
    """
    from urllib.request import Request, urlopen

    digest = hashlib.sha256()
    request = Request(url, headers={"User-Agent": "torch.hub"})  # noqa: S310
    with (
        urlopen(request) as source,  # noqa: S310 - the program says which address
        _replacing(os.path.expanduser(dst)) as out,
    ):
        shown = _bar(source.headers.get("Content-Length")) if progress else None
        while chunk := source.read(_CHUNK):
            out.write(chunk)
            digest.update(chunk)
            if shown is not None:
                shown.update(len(chunk))
        if shown is not None:
            shown.close()
        found = digest.hexdigest()
        if hash_prefix is not None and not found.startswith(hash_prefix):
            raise RuntimeError(f'invalid hash value (expected "{hash_prefix}", got "{found}"): {url} is another file')


def _bar(length: str | None) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=None if length is None else int(length), unit="B", unit_scale=True, unit_divisor=1024)


def load_state_dict_from_url(
    url: str,
    model_dir: str | None = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
) -> Any:
    """What a file of the network holds, which is fetched unless the folder has it.

    Args:
        url: its address.
        model_dir: the folder that it is kept in; by default ``checkpoints`` in that of :func:`get_dir`.
        map_location: as for ``torch.load``.
        progress: whether to show how far it is.
        check_hash: whether its name ends in the beginning of its SHA256, as in ``resnet18-5c106cde.pth``, which is checked.
        file_name: what to call it in the folder; by default as in the address.
        weights_only: as for ``torch.load``: nothing is executed in any case.

    Raises:
        RuntimeError: another hash than the name says, or a file that cannot be loaded.
    """
    from urllib.parse import urlparse

    folder = os.path.join(get_dir(), "checkpoints") if model_dir is None else model_dir
    os.makedirs(folder, exist_ok=True)
    name = file_name or os.path.basename(urlparse(url).path)
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        sys.stderr.write(f'Downloading: "{url}" to {path}\n')
        match = HASH_REGEX.search(name) if check_hash else None
        download_url_to_file(url, path, match[1] if match else None, progress)
    return _load(path, map_location=map_location, weights_only=weights_only)


def load(
    repo_or_dir: str | os.PathLike[str],
    model: str,
    *args: Any,
    source: str = "github",
    trust_repo: bool | str = "check",
    force_reload: bool = False,
    verbose: bool = True,
    skip_validation: bool = False,
    **kwargs: Any,
) -> Any:
    """What an entry of a folder's ``hubconf.py`` makes. A program of the network's is refused.

    That file is run, with the folder on ``sys.path`` for as long; its ``import torch`` is that of this program (see ``torch_alias``).

    Args:
        repo_or_dir: the folder.
        model: the name of the entry, a function or class of ``hubconf.py``.
        args: its arguments by position.
        source: ``"local"``; ``"github"`` is refused.
        trust_repo: accepted, and of no effect, as those that follow: nothing is fetched.
        force_reload: accepted.
        verbose: accepted.
        skip_validation: accepted.
        kwargs: its arguments by name.

    Raises:
        FileNotFoundError: there is no such folder, or no ``hubconf.py`` in it.
        RuntimeError: no such entry; packages are missing that the file names in ``dependencies``; or the source is the network.
        ValueError: another source.

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> import chainrule as torch
    >>> folder = Path(mkdtemp())
    >>> _ = (folder / "hubconf.py").write_text("def double(x): return x * 2")
    >>> torch.hub.load(folder, "double", torch.ones(2), source="local")
    tensor([2., 2.])
    """
    if source.lower() not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    if source.lower() == "github":
        raise _refusal("load", os.fspath(repo_or_dir))
    folder = os.fspath(repo_or_dir)
    sys.path.insert(0, folder)
    try:
        return _entry(folder, model)(*args, **kwargs)
    finally:
        sys.path.remove(folder)


def _entry(folder: str, name: str) -> Any:
    """An entry of a folder's ``hubconf.py``, whose code is run."""
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    if not isinstance(name, str):
        raise ValueError(f"Invalid input: model should be a string of function name, got {type(name).__name__}")
    spec = spec_from_file_location("hubconf", os.path.join(folder, "hubconf.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    missing = [package for package in getattr(module, "dependencies", ()) if find_spec(package) is None]
    if missing:
        raise RuntimeError(f"Missing dependencies: {', '.join(missing)}: {folder} needs them")
    entry = getattr(module, name, None)
    if not callable(entry):
        raise RuntimeError(
            f"Cannot find callable {name} in hubconf: {os.path.join(folder, 'hubconf.py')} has no such function"
        )
    return entry


def list(github: str, *args: Any, **kwargs: Any) -> Any:
    """Refused, as :func:`load`: what there is, such a program says itself."""
    raise _refusal("list", github)


def help(github: str, model: str, *args: Any, **kwargs: Any) -> Any:
    """Refused, as :func:`load`."""
    raise _refusal("help", github)


def _refusal(function: str, repository: str) -> RuntimeError:
    return RuntimeError(
        f"torch.hub.{function} would run the code of {repository}, and chainrule fetches no code. Install that project, import "
        "its file, or load it with source='local' from a folder of yours; then give the model its weights with torch.hub.load_state_dict_from_url"
    )


def __getattr__(name: str) -> Any:
    if name == "urlparse":  # which older packages import from here
        from urllib.parse import urlparse

        return urlparse
    from ._missing import missing_name

    raise missing_name(__name__, name)
