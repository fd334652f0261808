"""The reverse proxies of docs/production.md: nginx and Caddy by the page's own recipes, on this machine only."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.site.ports import free_port, wait_for

EXAMPLE = "denials.example.org"
"""The name that the recipes use."""


@contextmanager
def nginx(recipe: str, name: str, behind: int, folder: Path) -> Iterator[int]:
    """The port at which nginx speaks TLS for a name, by the recipe, to the server at another port."""
    port = free_port()
    certificate, key = _certificate(name, folder)
    told = {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        EXAMPLE: name,
        "/etc/ssl/denials.pem": str(certificate),
        "/etc/ssl/denials.key": str(key),
        "127.0.0.1:8000": f"127.0.0.1:{behind}",
    }
    scratch = "".join(
        f"{each}_temp_path {folder / each};\n" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"user root;\ndaemon off;\npid {folder / 'nginx.pid'};\nerror_log {folder / 'error.log'};\nevents {{}}\n"
        f"http {{\naccess_log off;\n{scratch}{_filled(recipe, told)}}}\n"
    )
    with _running(["nginx", "-c", str(configuration), "-e", str(folder / "error.log")], port, {}):
        yield port


@contextmanager
def caddy(recipe: str, name: str, behind: int, folder: Path) -> Iterator[int]:
    """As `nginx`, with Caddy; its certificate is brought, for none is fetched here."""
    port = free_port()
    certificate, key = _certificate(name, folder)
    told = {
        f"{EXAMPLE} {{": f"https://{name}:{port} {{\n    bind 127.0.0.1\n    tls {certificate} {key}",
        "127.0.0.1:8000": f"127.0.0.1:{behind}",
    }
    configuration = folder / "Caddyfile"
    configuration.write_text("{\n    admin off\n    auto_https disable_redirects\n}\n" + _filled(recipe, told))
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(configuration)]
    with _running(command, port, home):
        yield port


REAL: Mapping[str, Callable[[str, str, int, Path], AbstractContextManager[int]]] = {"nginx": nginx, "caddy": caddy}


def there(program: str) -> bool:
    """Whether this machine has it."""
    return shutil.which(program) is not None


def _filled(recipe: str, told: Mapping[str, str]) -> str:
    """The recipe with what is this machine's own; everything to be replaced must stand in it."""
    for example, ours in told.items():
        assert example in recipe, example
        recipe = recipe.replace(example, ours)
    return recipe


@contextmanager
def _running(command: list[str], port: int, environment: Mapping[str, str]) -> Iterator[None]:
    path = {"PATH": "/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin:/sbin:/bin"}
    with subprocess.Popen(
        command, env={**path, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_for(port)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate for a name, signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "own.pem", folder / "own.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret
