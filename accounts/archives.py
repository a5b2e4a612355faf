"""What reading an archive raises where it is forged or damaged."""

import gzip
import struct
import zipfile
import zlib
from typing import Final

# Besides EOFError, which also ends good ones.
DAMAGE: Final = (
    gzip.BadGzipFile,
    zlib.error,
    zipfile.BadZipFile,
    struct.error,
    NotImplementedError,
    OverflowError,
    UnicodeDecodeError,
)
