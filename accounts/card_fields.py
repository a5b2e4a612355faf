"""What a card's front matter may say of language and licence, so that the Hub accepts it."""

import re
from typing import Final

# BCP 47 (RFC 5646, section 2.1): language, extended language, script, region, variants, extensions
# and private use, by shape; whether the parts are registered is not asked.
LANGUAGE_TAG: Final = re.compile(
    r"[a-z]{2,3}(-[a-z]{3}){0,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?"
    r"(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(-[0-9a-wy-z](-[a-z0-9]{2,8})+)*(-x(-[a-z0-9]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)

# https://huggingface.co/docs/hub/repositories-licenses
LICENSES: Final = (
    "apache-2.0", "mit", "openrail", "bigscience-openrail-m", "creativeml-openrail-m",
    "bigscience-bloom-rail-1.0", "bigcode-openrail-m", "afl-3.0", "artistic-2.0", "bsl-1.0", "bsd",
    "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "c-uda", "cc", "cc0-1.0", "cc-by-2.0",
    "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-2.0",
    "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0",
    "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cdla-sharing-1.0",
    "cdla-permissive-1.0", "cdla-permissive-2.0", "wtfpl", "ecl-2.0", "epl-1.0", "epl-2.0",
    "etalab-2.0", "eupl-1.1", "agpl-3.0", "gfdl", "gpl", "gpl-2.0", "gpl-3.0", "lgpl", "lgpl-2.1",
    "lgpl-3.0", "isc", "lppl-1.3c", "ms-pl", "mpl-2.0", "odc-by", "odbl", "openrail++", "osl-3.0",
    "postgresql", "ofl-1.1", "ncsa", "unlicense", "zlib", "pddl", "lgpl-lr", "deepfloyd-if-license",
    "llama2", "gemma", "unknown", "other",
)  # fmt: skip


def card_faults(language: str, license_name: str) -> dict[str, str]:
    """Return what is wrong with a project's `language` and `license`; empty ones are right."""
    faults = {}
    if language and not LANGUAGE_TAG.fullmatch(language):
        faults["language"] = "Write one BCP 47 tag, such as en, de-CH or zh-Hant."
    if license_name and license_name not in LICENSES:
        faults["license"] = (
            "Write an identifier from the Hub's list of licences, such as apache-2.0, or other;"
            " huggingface.co/docs/hub/repositories-licenses has them all."
        )
    return faults
