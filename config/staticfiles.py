"""Static files under hashed names, the modules that a script of ours imports included."""

from typing import Final

from whitenoise.storage import CompressedManifestStaticFilesStorage

# `import { a, b } from "./c.js";` in our own modules. Django can do the same for every script, but
# scripts of others that are no modules hold text that only looks like an import.
_IMPORT: Final = (
    r"""(?P<matched>import(?s:(?P<names>\s[^;"']*?))\sfrom\s*["'](?P<url>\.{1,2}/[^"']+)["'];)"""
)


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites relative imports in `static/js/`, so that every file may be cached for ever."""

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        ("js/*.js", ((_IMPORT, 'import%(names)s from "%(url)s";'),)),
    )
