from __future__ import annotations

import builtins
import ssl
import urllib.request

import pytest

from mockserver.serving.app import create_app
from mockserver.serving.certificates import NoCertificate, make_certificate
from mockserver.serving.server import Server, free_address

pytest.importorskip("cryptography", reason="the extra https is not installed")


def test_certificate_serves_https_to_who_trusts_it(contract, tmp_path) -> None:
    certificate, key = make_certificate("127.0.0.1", tmp_path)
    address = free_address("127.0.0.1", 0, secure=True)
    app = create_app(scenario="empty", contract=contract)
    server = Server(app, address, certificate=certificate, private_key=key).start()
    try:
        trusting = ssl.create_default_context(cafile=str(certificate))
        with urllib.request.urlopen(f"{address.url}/__admin/health", context=trusting) as answer:
            assert answer.status == 200
    finally:
        server.stop()


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::", "192.168.7.1", "posthog.test"])
def test_certificate_names_the_host(host, tmp_path) -> None:
    from cryptography import x509

    certificate, key = make_certificate(host, tmp_path)
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    written = {str(name.value) for name in names}
    assert {"localhost", "127.0.0.1", "::1"} <= written
    assert (host in written) is (host not in ("0.0.0.0", "::"))
    assert key.stat().st_mode & 0o077 == 0


def test_missing_package_is_named(monkeypatch, tmp_path) -> None:
    ordinary = builtins.__import__

    def refuse(name, *rest):
        if name.startswith("cryptography"):
            raise ImportError(name)
        return ordinary(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(NoCertificate, match=r"posthog-mockserver\[https\]"):
        make_certificate("127.0.0.1", tmp_path)
