"""The engine: values, op records, dispatch, nodes, the reverse pass. It names no op."""
