"""Insights: HogQL of our own over events, and what their answers say of it."""
