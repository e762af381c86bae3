"""Plugins as a project uses them: pipelines that send events elsewhere or run in the browser, and their logs."""
