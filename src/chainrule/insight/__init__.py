"""The graph made visible: what reads it and says, in the user's own expressions and lines, what happened.

Loaded on first use; nothing below knows of it.
"""
