"""Whether a passage is source code, whose lines are shown as they are; a guess from its lines."""

import re
from collections.abc import Mapping
from typing import Any, Final

_READ: Final = 8000  # characters; the rest says the same
_ENDS: Final = 150
_SHARE: Final = 0.4  # of the lines that are neither blank, comment nor docstring
_SHARE_AFTER_PROSE: Final = 0.7  # a text that begins as a sentence may well quote code

# Metadata that says what a passage is, and the values of it that mean source code.
_KIND_KEYS: Final = ("format", "kind", "type", "content_type", "mime", "mimetype")
_CODE_KINDS: Final = re.compile(r"\b(code|source|snippet|program|x-[a-z]+)\b", re.IGNORECASE)

_DOCSTRING: Final = re.compile(r'("""|\'\'\').*?(\1|\Z)|/\*.*?(\*/|\Z)', re.DOTALL)
_COMMENT: Final = re.compile(r"^\s*(#(?!!|include|define)|//|--\s)")
# No prose begins like this, so that one such line at the start is enough.
_BEGINS: Final = re.compile(
    r"\s*(#!/|<\?php|#include\b|(async )?def \w+\(|class \w+(\(.*\))?:|@\w[\w.]*(\(.*\))?\s*\n"
    r"|(export )?(default )?(async )?function\b.*[({]|(export )?(const|let|var) [\w{\[][^\n]* =\s"
    r"|from [\w.]+ import \w|import [\w.]+\s*\n|import .* from ['\"]|package [\w.]+;)"
)
_CODE_LINE: Final = re.compile(
    r"""^\s*(
      >>>\s | \.\.\.\s | \$\s | \#!/ | \#(include|define)\b | @\w | return\b | raise\s\w
    | (import|from)\s[\w.]+(\simport\b.*)?$
    | (async\s)?(def|class|func|fn|function|public|private|static|if|elif|else|for|while|try
        |except|finally|with|switch|catch|case)\b.*[:{(]\s*$
    | (export\s)?(const|let|var)\s | await\s | yield\b | assert\s\w
    | (pass|break|continue|fi|done|esac|then)$
    | (export\s)?[\w.\[\]"'$]+\s?(:\s?[\w\[\], .|]+)?\s?(=|:=|\+=|-=|\|=)\s?\S   # an assignment
    | (if|while)\s\[.*\] | (echo|cd|set|source|export|mkdir|pip)\s[-"$./\w]
    | [\[\](){}<>][^a-z]*$ | </?\w+[^>]*>                                        # brackets, tags
    | \[.*[\],({\[]$ | \{.*[}\],]$ | \(.*[)\],]$ | <\w[^>]*>.*$                  # data
    | (f|r|b)?(["'`]).*\2[,;)\]}:]*$                                              # a string
    | ["']?[\w$-]+["']?:\s.*[,{\[(]$ | ["']?[\w$-]+["']?:\s[\[{("'`].*$          # a key
    | [\w.$]+\(.*[)({\[,;:]\s*$ | .*\)\s(->\s.*)?[:{]$ | .*=>\s*[{(\[]?.*$        # calls
    | [\w.]+\s(if|for)\s.*\sin\s.*$
    ) | [;{}]\s*$""",
    re.VERBOSE,
)
# An item of YAML with its keys one below the other.
_YAML: Final = re.compile(r"^[ \t]*- \w[\w-]*: \S.*\n[ \t]+\w[\w-]*: ?", re.MULTILINE)
_SENTENCE: Final = re.compile(r"\s*[A-Z][\w'-]*,?( [\w'\"`(-][\w'\"`().,-]*){2,}")


def passage_is_code(text: str, metadata: Mapping[str, Any]) -> bool:
    """Guess whether a passage is code: its metadata says so, or its lines look like it."""
    if any(_CODE_KINDS.search(str(metadata.get(key, ""))) for key in _KIND_KEYS):
        return True
    head = text[:_READ]
    if "\n" in head and (_BEGINS.match(head) or _YAML.search(head)):
        return True
    lines = [_ends(line) for line in _DOCSTRING.sub("", head).splitlines() if line.strip()]
    lines = [line for line in lines if not _COMMENT.match(line)]
    like_code = sum(bool(_CODE_LINE.search(line)) for line in lines)
    share = _SHARE_AFTER_PROSE if _SENTENCE.match(head) else _SHARE
    return len(lines) > 1 and like_code / len(lines) > share


def _ends(line: str) -> str:
    """Return how a line begins and ends: patterns stay quick on lines without end."""
    return line if len(line) <= 2 * _ENDS else line[:_ENDS] + line[-_ENDS:]
