"""Simulated browsers: each runs the documented logic of the Finesse desktop by itself, and is driven and watched as
Chrome is, by its DevTools Protocol."""

from chaos.mock.browsers.devtools import BrowserServer

__all__ = ["BrowserServer"]
