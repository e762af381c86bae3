"""Care for a server that is not ours: what may be sent to it, and that what was made there is removed.

`guard` decides over each request, `journal` knows what was made, on disk before it is made, `project` makes the project
that a replay may do anything in, `removal` takes everything away again.
"""
