"""What a command says when it cannot do its work."""

from __future__ import annotations

import importlib.util

__all__ = ["CommandError", "require"]


class CommandError(Exception):
    """The command cannot go on; the message is for its user."""

    def __init__(self, message: str, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def require(*modules: str, purpose: str) -> None:
    """Refuse, with the way to mend it, where a module of the extra `notebook` is not installed."""
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise CommandError(f"{purpose} needs {module}, which is not installed: pip install 'chainrule[notebook]'")
