"""Feature flags evaluated: who a flag is on for, with which variant and payload, and why; nothing knows of HTTP."""
