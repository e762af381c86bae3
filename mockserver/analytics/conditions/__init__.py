"""What holds of events: filters by property, steps of actions, selectors of elements."""
