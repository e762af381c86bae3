"""What stands around the road of a request: the journal, faults, stubs, and what they match."""
