"""Custom resource definitions: the generated files and what makes them."""
