"""Languages whose words can be stemmed, without what stems them."""

from collections.abc import Mapping
from typing import Final

# Snowball's stemmers by the first part of a BCP 47 tag.
STEMMERS: Final[Mapping[str, str]] = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "it": "italian", "lt": "lithuanian", "nb": "norwegian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "pl": "polish", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sr": "serbian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
    "yi": "yiddish",
}  # fmt: skip
DEFAULT: Final = "en"
NOT_STEMMED: Final = "none"
LANGUAGES: Final = (*sorted(STEMMERS), NOT_STEMMED)


def stemmed_language(tag: str) -> str:
    """Return which of LANGUAGES a BCP 47 tag means; English where a project names none."""
    if not tag:
        return DEFAULT
    code = tag.lower().partition("-")[0]
    return code if code in STEMMERS else NOT_STEMMED
