# SPDX-License-Identifier: MIT
"""Embedded application packages (.eap): `pack` writes one, `read` looks into one safely.

An .eap is a gzipped GNU tar with the app's executable, its manifest and three files derived from
the manifest (package.conf, param.conf, cgi.conf) for older firmware. Other projects can use this
package as it stands: it knows nothing but tools.errors.
"""

from tools.eap.model import CgiEntry, Manifest, Member, Package, Parameter
from tools.eap.reader import read
from tools.eap.writer import pack

__all__ = ["CgiEntry", "Manifest", "Member", "Package", "Parameter", "pack", "read"]
