"""What is computed over events and persons."""
