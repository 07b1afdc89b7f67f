"""``torch._subclasses``: its tensors without values are not here; that nothing is one can be asked."""
