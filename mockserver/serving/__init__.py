"""The application and its socket."""
