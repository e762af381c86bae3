"""The documents that a server answers from beside its contract; without any, it costs a look at an empty list.

Modelled families win. A document answers what no family does: paths that nobody knows, methods that a family leaves
out, and families that hold nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flask import Request, Response

from mockserver.contract import Operation, Standing
from mockserver.errors import ContractViolation
from mockserver.inferred.errors import Clash
from mockserver.road.binding import Route
from mockserver.road.dispatch import FORMAT, dispatch
from mockserver.road.rendering import render_error
from mockserver.road.routing import Found, Table

if TYPE_CHECKING:
    from mockserver.inferred.compiled import Compiled
    from mockserver.inferred.published import Published
    from mockserver.inferred.templates import Template
    from mockserver.store import Transaction
    from mockserver.world.worlds import World

FOUND = "mockserver.inferred"
"""Where the WSGI environment keeps the document that a request is answered from."""
HEADER, SOURCE, MODELLED = "X-Mockserver-Source", "inferred", "modelled"


def read_compiled(names: Sequence[str], overrides: Sequence[str] = ()) -> list[Compiled]:
    """Return the documents of files or addresses, compiled and corrected. Raises: UnreadableDocument, OverrideError."""
    if not names and not overrides:
        return []
    from mockserver.inferred.compiled import compile_document  # late: a server without documents needs none of it
    from mockserver.inferred.overrides import corrected, read_overrides
    from mockserver.inferred.reading import Source

    documents = [_corrected(compile_document(Source.read(name))) for name in names]
    for place in overrides:
        documents = corrected(documents, read_overrides(place), place)
    return documents


def read_given(document: Mapping[str, Any]) -> Compiled:
    """Return a document that came as a value, compiled. Raises: UnreadableDocument, OverrideError."""
    from mockserver.inferred.compiled import compile_document  # late, as above
    from mockserver.inferred.reading import Source

    corrections = document.get("x-mockserver")
    name = corrections.get("name") if isinstance(corrections, Mapping) else None
    info = document.get("info")
    title = info.get("title") if isinstance(info, Mapping) else None
    return _corrected(compile_document(Source.given(str(name or title or "document"), document)))


def _corrected(compiled: Compiled) -> Compiled:
    """Return a document as its own `x-mockserver` has it. Raises: OverrideError."""
    if not compiled.corrections:
        return compiled
    from mockserver.inferred.overrides import corrected  # late, as above

    return corrected([compiled], compiled.corrections, f"{compiled.name}: x-mockserver")[0]


class Registry:
    """The documents of one server."""

    def __init__(self, modelled: Sequence[Route]) -> None:
        self.documents: list[Published] = []
        self._modelled = modelled
        self._leaves: Callable[[str, str], bool] = lambda path, method: False
        self._changed: Callable[[], None] = lambda: None

    def stand_beside(self, table: Table, changed: Callable[[], None]) -> None:
        """Learn what else is answered, and whom to tell when what is answered from documents changes."""
        self._leaves, self._changed = table.leaves, changed

    def add(self, compiled: Compiled) -> Published:
        """Answer from one document more. Raises: Clash, and nothing has changed then."""
        from mockserver.inferred.published import Published  # late, as above

        published = Published(compiled, self._modelled)
        for other in self.documents:
            if other.name == published.name:
                raise Clash(f"{published.name}: a document of this name is there already")
            for shape, methods in published.ids.items():
                both = methods.keys() & other.ids.get(shape, {}).keys()
                if both:
                    place = f"{min(both)} {published.templates[shape].path}"
                    raise Clash(f"{published.name}: {place} is an operation of {other.name} already")
            taken = compiled.operations.keys() & other.compiled.operations.keys()
            if taken:
                raise Clash(f"{published.name}: an operation of {other.name} is called {min(taken)} already")
        self.documents = [*self.documents, published]
        self._changed()
        return published

    def remove(self, name: str) -> bool:
        """Answer no more from a document; return whether there was one of this name."""
        left = [document for document in self.documents if document.name != name]
        was_there = len(left) < len(self.documents)
        self.documents = left
        self._changed()
        return was_there

    def get(self, name: str) -> Published | None:
        """Return the document of a name."""
        return next((document for document in self.documents if document.name == name), None)

    def operations(self) -> Iterator[Operation]:
        """Yield every operation that is answered from documents."""
        for document in self.documents:
            yield from document.operations()

    def routes(self) -> list[Route]:
        """Return every route of every document, of whose methods modelled families may answer some."""
        return [document.route(shape) for document in self.documents for shape in document.ids]

    def tables(self) -> dict[str, tuple[Published, str]]:
        """Return the tables of documents, each with its document and its collection's path."""
        found: dict[str, tuple[Published, str]] = {}
        for document in self.documents:
            for table, path in document.tables().items():
                found.setdefault(table, (document, path))
        return found

    def load(self, table: str, world: World, transaction: Transaction, records: Sequence[Any]) -> None:
        """Store records of a document's table. Raises: LoadError; its place begins with the number of the record."""
        from mockserver.inferred.loading import load_table  # late, as above

        document, path = self.tables()[table]
        load_table(document, path, world, transaction, records)

    def resolve_of(self, operation: Operation) -> Callable[[Any], Any] | None:
        """Return what follows the references of an operation's document; nothing for one of the contract."""
        if operation.standing is not Standing.INFERRED:
            return None
        document = next(each for each in self.documents if operation.id in each.answered)
        return document.compiled.components.resolve

    def source_of(self, operation: str) -> str:
        """Return what knows an operation: a modelled family, or a document."""
        return SOURCE if any(operation in document.answered for document in self.documents) else MODELLED

    # Requests

    def claim(self, asked: Request, found: Found | None) -> Found | None:
        """Return the route that answers a request: the one of the contract that was found, or a document's."""
        if not self.documents:
            return found
        from mockserver.inferred.credentials import carry  # late, as above

        environ = asked.environ
        for document in self.documents:
            written = environ.get("mockserver.path")
            matched = document.match(written) if written else None
            is_whole = matched is not None  # what looked like a format is a part of the path
            matched = matched or document.match(asked.path)
            if matched is None or not self._is_free(document, matched[0], asked, found):
                continue
            if is_whole:
                environ.pop(FORMAT, None)
            carry(document.compiled.schemes, asked)
            if environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower().endswith("+json"):
                environ["CONTENT_TYPE"] = "application/json"
            environ[FOUND] = document
            return document.route(matched[0].shape), matched[1]
        return found

    def _is_free(self, document: Published, template: Template, asked: Request, found: Found | None) -> bool:
        """Return whether a request is the document's to answer: no family, or one that does less, is found for it."""
        method = "GET" if asked.method == "HEAD" else asked.method
        if found is None:  # a modelled family may have refused what cannot be a key of its records
            return not self._leaves(asked.path, asked.method) and not document.is_modelled(template.shape, method)
        if method not in document.ids[template.shape]:
            return False
        parameters = found[0].path.count("{")
        if parameters != len(template.parameters):  # `/surveys/stats` is no survey
            return parameters > len(template.parameters)
        return not document.is_modelled(template.shape, method)

    def answer(
        self, route: Route, path: dict[str, str], world: World, asked: Request, *, strict: bool
    ) -> Response:  # fmt: skip
        """Answer a request that was claimed; `strict` lets a 500 say what does not fit the document."""
        document: Published = asked.environ[FOUND]
        response = document.conformity.fit_error(route, asked.method, dispatch(route, path, world, asked))
        endpoint = route.endpoints.get(asked.method) if strict else None
        problem = document.conformity.find_problem(endpoint.operation, response) if endpoint else None
        if endpoint and problem:
            detail = f"{endpoint.operation.id} answered {response.status_code}: {problem}"
            response = render_error(ContractViolation(detail))
        response.headers[HEADER] = SOURCE
        return response

    def find_problem(self, operation: Operation, response: Response) -> str | None:
        """Return what the document of an operation does not allow in a response, if anything."""
        for document in self.documents:
            if operation.id in document.compiled.operations:
                return document.conformity.find_problem(operation, response)
        return None
