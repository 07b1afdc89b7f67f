"""``torch._subclasses``: its fake tensors are not here; that nothing is one can be asked."""
