"""One request: who asks, for what tenant, with what body."""
