"""Tests of every op, driven by its record and by its samples (``tests/op_samples``)."""
