"""Recordings: what a server answered, on file, and what a mock says to the same.

`recording` asks a server and `files` keeps the answers, a file a family; `exchanges` reads another form of the same, a
request and its answer a line; `playing` holds a mock against either.
"""
