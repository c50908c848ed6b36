"""Decide to which network addresses a source may lead: public ones, and private ones by name.

A settings file, a redirect or a changed DNS entry must not turn a reader of systems into a way to
the machine it runs on or to a cloud's metadata. The address that was checked is the one that is
connected to, so that a name cannot change its meaning in between.
"""

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# Translated addresses carry an IPv4 address in their last bits (RFC 6052).
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


class AddressBlocked(Exception):
    """A host leads to a private address that the settings do not allow."""


@dataclass(frozen=True)
class AddressGuard:
    """Know the private hosts and networks that the settings allow; public ones always are.

    `allowed` holds host names, addresses and networks such as 10.20.0.0/16.
    """

    allowed: Sequence[str] = ()

    def choose(self, host: str, port: int) -> str:
        """Return the address to connect to.

        Errors: AddressBlocked when the host has none that is allowed; OSError when it has none.
        """
        found = _written_out(host) or [
            str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        ]
        names = {name.casefold().strip("[]") for name in self.allowed}
        if host.casefold().strip("[]") in names:
            return found[0]
        usable = [address for address in found if self._is_allowed(address)]
        if not usable:
            raise AddressBlocked(host)
        return usable[0]

    def _is_allowed(self, text: str) -> bool:
        address = _plain(ipaddress.ip_address(text.partition("%")[0]))
        if address.is_global and not address.is_multicast:
            return True
        return any(address in network for network in self._networks())

    def _networks(self) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
        found = []
        for text in self.allowed:
            try:
                found.append(ipaddress.ip_network(text.strip("[]"), strict=False))
            except ValueError:
                continue
        return found


def _written_out(host: str) -> list[str]:
    """Return the address that the host is already, in whatever way it is written."""
    try:
        return [str(ipaddress.ip_address(host.strip("[]")))]
    except ValueError:
        pass
    try:
        return [str(ipaddress.IPv4Address(socket.inet_aton(host)))]
    except OSError:
        return []


def _plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address only wraps."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in TRANSLATED:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address
