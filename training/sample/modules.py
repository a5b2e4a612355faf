"""The standard-library modules whose docstrings make up the sample corpus, in modules.txt.

Left out: what opens windows or touches the terminal on import (tkinter, turtle, idlelib, readline,
antigravity, this), and what PEP 594 and its like removed in Python 3.12 and 3.13.
"""

from importlib.resources import files
from typing import Final

MODULES: Final = tuple(files(__package__).joinpath("modules.txt").read_text("utf-8").split())

# Classes whose methods repeat another class's documentation nearly word for word: the class itself
# stays in the corpus, its methods would only be judged twice (bytes, decimal.Decimal and the
# collections classes carry the same methods).
NEAR_COPIES: Final = frozenset(
    {
        "bytearray",
        "collections.UserDict",
        "collections.UserList",
        "collections.UserString",
        "decimal.Context",
    }
)

# Public names that nobody uses for what they name: the methods of socket.SocketType (a base of
# socket.socket) are the socket methods.
ODD_NAMES: Final = frozenset({"socket.SocketType"})
