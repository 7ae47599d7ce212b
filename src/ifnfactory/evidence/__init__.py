"""Evidence: published outcomes, and whether the virtual trials reproduce them."""
