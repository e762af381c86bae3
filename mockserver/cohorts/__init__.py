"""Cohorts calculated, uploaded and made of queries; what they refer to, and what uses them."""
