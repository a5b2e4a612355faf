"""Passages of the sample project: the docstrings of the running interpreter's standard library.

No text is shipped. A passage is known by its public dotted name (`json.loads`,
`pathlib.Path.glob`, `str.split`), so that judgments written against one minor version of Python
still find their passage in another.
"""

import importlib
import inspect
import json
import re
import subprocess
import sys
import types
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.sample.modules import MODULES, NEAR_COPIES, ODD_NAMES

MIN_CHARS: Final = 17  # "Thread-local data" is the whole of threading.local
MAX_CHARS: Final = 20_000
MAX_SIGNATURE: Final = 120
_FIELD_ALIAS: Final = "Alias for field number"  # what namedtuple writes on every field
# What differs from one installation to the next: objects with their addresses, and paths.
_OF_THIS_MACHINE: Final = re.compile(r"<[^<>]*>|'/[^']+'")
_CHILD: Final = (
    "import sys; sys.path.append(sys.argv[1]); "
    "from training.sample.docstrings import corpus_print; corpus_print()"
)


@dataclass(frozen=True, slots=True)
class Passage:
    """One docstring: its stable public name, a title that may carry the signature, its text."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Found:
    name: str
    thing: object
    text: str

    @property
    def preference(self) -> tuple[bool, int, str]:
        """Sort key among names of one thing: its own name first, then the shortest, then a-z."""
        last = self.name.rpartition(".")[2]
        return (getattr(self.thing, "__name__", last) != last, len(self.name), self.name)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Passages a to z, and the other public names of the same things, each with the name kept."""

    passages: tuple[Passage, ...]
    aliases: Mapping[str, str]


def corpus_extract() -> Corpus:
    """Read the docstrings of MODULES, in a fresh interpreter of the same version.

    Fresh, because libraries patch the standard library (transformers adds methods to
    `logging.Logger`, torch replaces `inspect.getfile`) and live state shows in signatures. Takes
    about a second. Raises subprocess.CalledProcessError where that interpreter cannot run.
    """
    root = str(Path(__file__).resolve().parents[2])
    # -I -S: neither the environment nor site-packages nor user code reach the standard library.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _CHILD, root], stdout=subprocess.PIPE, check=True
    )
    found = json.loads(done.stdout)
    return Corpus(tuple(Passage(*row) for row in found["passages"]), found["aliases"])


def corpus_read(modules: Iterable[str] = MODULES) -> Corpus:
    """Read the docstrings of `modules` in this process: public functions, classes and members.

    Modules that this interpreter lacks are skipped. Texts are `inspect.cleandoc`ed, have at least
    MIN_CHARS characters and are cut after MAX_CHARS. A thing with several names, or the same text
    under the same last name, is kept once.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # touching deprecated names is what we are here for
        loaded = [module for name in modules if (module := _import(name)) is not None]
        kept, aliases = _unaliased(_everything(loaded))
        kept.sort(key=lambda item: item.name)
        passages = tuple(Passage(it.name, _title(it), it.text[:MAX_CHARS]) for it in kept)
    return Corpus(passages, aliases)


def corpus_print() -> None:
    """Write the corpus to standard output as ASCII JSON, for corpus_extract."""
    corpus = corpus_read()
    rows = [(it.name, it.title, it.text) for it in corpus.passages]
    sys.stdout.write(json.dumps({"passages": rows, "aliases": dict(corpus.aliases)}))


def _import(name: str) -> tuple[str, types.ModuleType] | None:
    try:
        return name, importlib.import_module(name)
    except ImportError:
        return None


def _everything(loaded: list[tuple[str, types.ModuleType]]) -> list[_Found]:
    top = [item for name, module in loaded for item in _module_members(name, module)]
    classes: dict[type, str] = {}
    for item in sorted(top, key=lambda item: item.preference):
        if isinstance(item.thing, type):
            classes.setdefault(item.thing, item.name)
    documented = [item for item in top if len(item.text) >= MIN_CHARS]
    for owner, name in classes.items():
        if name not in NEAR_COPIES:
            documented.extend(_class_members(name, owner, classes))
    documented.extend(
        _Found(name, module, text)
        for name, module in loaded
        if len(text := _text(module)) >= MIN_CHARS
    )
    return documented


def _module_members(name: str, module: types.ModuleType) -> Iterator[_Found]:
    prefix = "" if name == "builtins" else f"{name}."
    listed: Iterable[str] | None = getattr(module, "__all__", None)
    for attribute in sorted(listed if listed is not None else vars(module)):
        thing = getattr(module, attribute, None)
        if attribute.startswith("_") or f"{prefix}{attribute}" in ODD_NAMES:
            continue
        if isinstance(thing, types.ModuleType | types.GenericAlias):
            continue
        if listed is None and not _belongs(thing, name, module):
            continue
        yield _Found(f"{prefix}{attribute}", thing, _text(thing))


def _belongs(thing: object, name: str, module: types.ModuleType) -> bool:
    """Tell a module's own thing from one it imported for itself, where it has no `__all__`."""
    if name == "builtins":
        return True
    return getattr(thing, "__module__", None) in {name, f"_{name}", module.__name__, None}


def _class_members(name: str, owner: type, classes: dict[type, str]) -> Iterator[_Found]:
    """Members a public class defines itself, or takes from a base that has no public name.

    The second half keeps names stable when a release moves methods into a private base; such a
    member goes by the most general public class that has it.
    """
    public = [base for base in owner.__mro__[1:] if base in classes and base is not object]
    seen: set[str] = set()
    for base in owner.__mro__:
        if base is object or any(base in other.__mro__ for other in public):
            continue
        for attribute, raw in sorted(vars(base).items()):
            if attribute.startswith("_") or attribute in seen or isinstance(raw, type):
                continue
            seen.add(attribute)
            member = raw.__func__ if isinstance(raw, staticmethod | classmethod) else raw
            if len(text := _text(member)) >= MIN_CHARS:
                yield _Found(f"{name}.{attribute}", member, text)


def _unaliased(found: Iterable[_Found]) -> tuple[list[_Found], dict[str, str]]:
    by_thing: dict[int, str] = {}
    by_text: dict[tuple[str, str], str] = {}
    kept: dict[str, _Found] = {}
    aliases: dict[str, str] = {}
    for item in sorted(found, key=lambda item: item.preference):
        if item.name in kept:
            continue
        thing = id(getattr(item.thing, "__func__", item.thing))  # random.choice is a bound method
        text = (item.name.rpartition(".")[2], item.text)
        known = by_thing.get(thing) or by_text.get(text)
        if known is not None:
            aliases[item.name] = known
            continue
        by_thing[thing] = by_text[text] = item.name
        kept[item.name] = item
    return list(kept.values()), aliases


def _text(thing: object) -> str:
    """Return the thing's own cleaned docstring, empty where it has none of its own."""
    doc = getattr(thing, "__doc__", None)
    if not isinstance(doc, str):
        return ""
    if not isinstance(thing, type) and doc == type(thing).__doc__:
        return ""  # an instance shows its class's docstring
    return "" if doc.startswith(_FIELD_ALIAS) else inspect.cleandoc(doc).strip()


def _title(item: _Found) -> str:
    """Return the name with its parameters where they are known, short and free of addresses."""
    if not callable(item.thing):
        return item.name
    try:
        signature = inspect.signature(item.thing)
    except (ValueError, TypeError, NameError, AttributeError):  # a default names what is not there
        return f"{item.name}()"
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    bare = str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    shown = _OF_THIS_MACHINE.sub("...", bare)
    return f"{item.name}{shown if len(shown) <= MAX_SIGNATURE else '(...)'}"
