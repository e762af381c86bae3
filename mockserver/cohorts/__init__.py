"""Cohorts: what their definitions mean, and who belongs to them."""
