"""The one file of the plugins folder: it registers the bundle's plugin, which is in the package.

An installed wheel registers the same plugin by its provider metadata (`prospecting/provider_info.py`).
"""

from __future__ import annotations

from prospecting.plugin import ProspectingPlugin

__all__ = ["ProspectingPlugin"]
