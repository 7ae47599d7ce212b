"""Networks → compiled kernels that integrate many patients at once, and the slow reference."""
