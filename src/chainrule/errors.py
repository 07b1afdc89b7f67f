"""Errors with the facts a reader needs: what was got, what was wanted, where, what to do."""

from __future__ import annotations
