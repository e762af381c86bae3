"""Committing together: what many threads hand in while one commit is under way goes with the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import compress

from mockserver.store.archive.database import Entry
from mockserver.store.archive.model import StoreUnavailable


class Ticket:
    """What one thread handed in. `publish` is called when it is on disk, `withdraw` when it never will be."""

    def __init__(
        self, entry: Entry, *, publish: Callable[[], None], withdraw: Callable[[], None], is_valid: Callable[[], bool]
    ) -> None:  # fmt: skip
        self.entry = entry
        self.publish, self.withdraw, self.is_valid = publish, withdraw, is_valid
        self.is_done = False
        self.error: Exception | None = None
        self.call = threading.Lock()
        """Let go of when its thread is to go on: the ticket is done, or the next commit is that thread's to make."""
        self.call.acquire()


class Commits:
    """A queue of tickets, committed in the order in which they were handed in.

    One thread at a time commits, everything that waits; the others sleep until they are called, each by its own name: a
    lock that all of them took in turn would hold up, for one commit more, those whose tickets are done.
    """

    def __init__(self, commit: Callable[[list[Entry]], None]) -> None:
        self._commit = commit
        self._queue: list[Ticket] = []
        self._queueing = threading.Lock()
        self._is_committing = False

    def hand_in(self, ticket: Ticket) -> None:
        """Let a ticket go with the next commit."""
        with self._queueing:
            self._queue.append(ticket)

    def wait(self, ticket: Ticket) -> None:
        """Return when a ticket is on disk: brought there by another thread, or by this one, with all that wait too.

        Raises: whatever the commit raised; nothing of the ticket is kept then.
        """
        with self._queueing:
            must_sleep = self._is_committing
            self._is_committing = True
        if must_sleep:
            ticket.call.acquire()
        if not ticket.is_done:
            self._commit_all()
        elif not must_sleep:
            self._pass_on()
        if ticket.error is not None:
            raise ticket.error

    def _commit_all(self) -> None:
        with self._queueing:
            tickets, self._queue = self._queue, []
        are_valid = [ticket.is_valid() for ticket in tickets]
        error: Exception | None = None
        try:
            self._commit([ticket.entry for ticket in compress(tickets, are_valid)])
        except Exception as raised:
            error = raised
        for ticket, is_valid in zip(tickets, are_valid, strict=True):
            if error is None and is_valid:
                ticket.publish()
            else:  # what was made of what could not be written cannot be, either
                ticket.error = error or StoreUnavailable()
                ticket.withdraw()
            ticket.is_done = True
        self._pass_on()
        for ticket in tickets:
            ticket.call.release()

    def _pass_on(self) -> None:
        """Let the first of those who came meanwhile make the next commit."""
        with self._queueing:
            self._is_committing = bool(self._queue)
            if self._queue:
                self._queue[0].call.release()
