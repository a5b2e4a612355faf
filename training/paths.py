"""The paths of this server, kept from what a job tells people."""

import re
from typing import Final

# An absolute path of at least two parts; no URL, and nothing within a relative name.
_PATH: Final = re.compile(r"(?<![\w./:~@-])/(?:[^\s/'\"<>:;,()]+/)+([^\s/'\"<>:;,()]*)")


def paths_hidden(text: str) -> str:
    """Return the text with no more than the last part of each absolute path in it.

    Libraries name files where these lie, and where that is, is the administrator's business: the
    server's log and the traceback keep it.
    """
    return _PATH.sub(lambda found: found[1] or "…", text)
