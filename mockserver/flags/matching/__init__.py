"""Filters of properties: what each operator says of a value, in every engine that evaluates flags."""
