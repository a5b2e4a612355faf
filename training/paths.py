"""The paths of this server, kept from what a job tells people."""

import re
from typing import Final

# An absolute path of at least two parts; no URL, and nothing within a relative name. In quotes it
# ends where they do. Elsewhere a folder's name may have up to three words, which it must then be
# told by the slash after them, and may hide words between two paths; the last part has one.
_WORD: Final = r"[^\s/'\"<>:;,()]+"
_QUOTED: Final = r"(?P<quote>['\"])/(?:[^/'\"\n]+/)+(?P<name>[^/'\"\n]*)(?P=quote)"
_PLAIN: Final = rf"(?<![\w./:~@-])/(?:{_WORD}(?: {_WORD}){{0,2}}/)+(?P<last>(?:{_WORD})?)"
_PATH: Final = re.compile(f"{_QUOTED}|{_PLAIN}")


def paths_hidden(text: str) -> str:
    """Return the text with no more than the last part of each absolute path in it.

    Libraries name files where these lie, and where that is, is the administrator's business: the
    server's log and the traceback keep it.
    """
    return _PATH.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    quote = found["quote"] or ""
    return f"{quote}{found['name'] or found['last'] or '…'}{quote}"
