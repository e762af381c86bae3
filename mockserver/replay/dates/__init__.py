"""The dates of servers: found out, and what may be expected of a server of one."""
