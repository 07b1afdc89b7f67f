"""XLA's persistent compilation cache, in the user's cache folder, unless the user has said otherwise."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path


def folder() -> Path:
    """Where this user's programs are kept: ``CHAINRULE_CACHE_DIR``, or the platform's folder for caches."""
    named = os.environ.get("CHAINRULE_CACHE_DIR")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "chainrule" / "xla"


@cache
def use_cache() -> None:
    """Turn the cache on, once, where JAX has been told of none; a folder that cannot be made turns nothing on."""
    import jax

    if jax.config.jax_compilation_cache_dir is not None or os.environ.get("JAX_ENABLE_COMPILATION_CACHE") == "false":
        return
    try:
        folder().mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder()))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
