"""Raw arrays and the namespaces that compute on them."""
