"""RSA keys for DKIM, made by openssl."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path


def make_key(path: Path, bits: int = 2048) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["openssl", "genrsa", "-out", str(path), str(bits)], check=True, capture_output=True)


def public_key(path: Path) -> str:
    return public_part(path.read_bytes())


def public_part(pem: bytes) -> str:
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, check=True, capture_output=True).stdout
    return base64.b64encode(der).decode()
