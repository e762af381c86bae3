"""The road of one request: bound, dispatched, rendered, and held to the contract."""
