"""The cookies of one browser: as much of RFC 6265 as single sign-on needs. They are kept by host, and until the browser
ends."""

from http.cookies import CookieError, SimpleCookie


class CookieJar:
    """was_cleared: somebody has cleared it since the browser was started."""

    def __init__(self) -> None:
        self._by_host: dict[str, dict[str, tuple[str, str]]] = {}
        self.was_cleared = False

    def __len__(self) -> int:
        return sum(len(found) for found in self._by_host.values())

    def all(self) -> list[tuple[str, str, str]]:
        """(host, path, name) of each; values are nobody's business."""
        return [(host, path, name) for host, found in self._by_host.items() for name, (path, _) in found.items()]

    def clear(self) -> None:
        self._by_host.clear()
        self.was_cleared = True

    def header(self, host: str, path: str) -> str:
        """What is sent there as Cookie, "" for nothing."""
        found = self._by_host.get(host, {})
        return "; ".join(f"{name}={value}" for name, (below, value) in found.items() if _lies_below(path, below))

    def take(self, host: str, said: str) -> None:
        """A Set-Cookie of that host's; one that cannot be read is let go."""
        try:
            read = SimpleCookie(said)
        except CookieError:
            return
        for name, morsel in read.items():
            self._by_host.setdefault(host, {})[name] = (morsel["path"] or "/", morsel.value)


def _lies_below(path: str, below: str) -> bool:
    return path == below or path.startswith(below if below.endswith("/") else below + "/")
