"""The machinery of a snapshot: judgments read once, in order, and written as hashed files.

A snapshot is a folder of `train.jsonl`, `dev.jsonl` and `test.jsonl` (one judged candidate a line,
sorted by query and passage), `judgments.jsonl` (which judgments each line rests on), where there
are any `preferences.jsonl` (`annotate.freezing_preferences`), and `manifest.json`. The digest is
the sha256 of the manifest without itself, and the manifest holds the root over the sealed lines of
every file (`annotate.frozen.sealing`), so that what is erased later can be taken out and the digest
still verified. Ids of this database stand in none of the digested files: the same judgments under
the same policy and the same key give the same bytes anywhere.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import combinations, groupby
from pathlib import Path
from typing import Any, Final

from accounts.models import Project
from annotate.freezing_preferences import PREFERENCES, preferences_freeze
from annotate.frozen.findings import Observed, findings_of
from annotate.frozen.naming import agreed, named_by
from annotate.frozen.sealing import Root, canonical_json, salt_of
from annotate.frozen.splitting import SPLITS, clusters_of, split_assign
from annotate.frozen.statistics import SplitStatistics
from annotate.frozen.twins import twin_pairs
from annotate.learning import Resolver, resolver_for
from annotate.resolving.resolution import Label, Qrel, Step, majority, policy_words
from annotate.selectors.qrels import (
    FirstStage,
    LabelRow,
    first_stage_of,
    judged_queries,
    label_rows,
    unjudged_candidates,
)

FORMAT: Final = "arbiter-snapshot/2"


class FreezeError(Exception):
    """The judgments cannot be frozen as asked; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A written snapshot: its manifest (with the digest), statistics and findings."""

    manifest: Mapping[str, Any]
    statistics: Mapping[str, Any]
    findings: list[dict[str, Any]]

    @property
    def digest(self) -> str:
        return str(self.manifest["digest"])


@dataclass(slots=True)
class _Tally:
    """What is counted while the lines go by."""

    observed: Observed
    roots: dict[str, Root] = field(default_factory=lambda: {name: Root() for name in SPLITS})
    splits: dict[str, SplitStatistics] = field(
        default_factory=lambda: {name: SplitStatistics() for name in SPLITS}
    )
    people: int = 0
    imported: int = 0
    adjudicated: int = 0
    agreed: int = 0
    compared: int = 0
    outvoted: int = 0
    with_people: int = 0
    soft: int = 0
    left_out: int = 0
    judges: set[int] = field(default_factory=set)
    sources: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def freeze(
    project: Project,
    folder: Path,
    *,
    seed: int,
    policy: Mapping[str, Any],
    shares: Mapping[str, float],
    key: bytes,
) -> Frozen:
    """Write the project's resolved judgments to `folder`, sealed with salts made from `key`.

    Runs in the caller's transaction, which should be REPEATABLE READ. Memory grows with the
    number of queries and of distinct passages, and with what `Observed` keeps, not with that of
    judgments. Raises FreezeError.
    """
    adjudicated = policy["resolve"] == "adjudicated"
    queries = dict(judged_queries(project, adjudicated=adjudicated))
    if not queries and adjudicated:
        raise FreezeError("No candidate is adjudicated. Decide some, or choose another policy.")
    if not queries:
        raise FreezeError("There are no judgments to freeze. Judge or import labels first.")
    clusters = clusters_of(queries, twin_pairs(queries))
    assigned = split_assign(clusters, shares, seed)
    _check_splits(assigned, shares, len(clusters))
    run = first_stage_of(project, policy.get("first_stage_run"))
    several = frozenset(text for text, ids in Counter(queries.values()).items() if ids > 1)
    tally = _Tally(Observed(several))
    resolver = resolver_for(project, policy)
    _write_lines(project, folder, assigned, resolver, run, tally, key)
    preferred = preferences_freeze(project, folder, queries=queries, assigned=assigned, key=key)
    recipe = {"seed": seed, "policy": dict(policy), "splits": dict(shares)}
    besides = {PREFERENCES: dict(preferred.sealed)} if preferred else {}
    manifest = _manifest(project, folder, recipe, resolver.record, tally, besides)
    return Frozen(
        manifest=manifest,
        statistics={
            **_statistics(project, tally, queries=len(queries), clusters=len(clusters)),
            "first_stage_run": run.name if run else None,
            "resolution": _resolution(policy, resolver, tally),
            "judges": list(resolver.judges),
            "preferences": dict(preferred.statistics) if preferred else None,
        },
        findings=findings_of(tally.observed, tally.splits, clusters, unjudged_candidates(project)),
    )


def _check_splits(assigned: Mapping[str, str], shares: Mapping[str, float], groups: int) -> None:
    filled = set(assigned.values())
    empty = [name for name in SPLITS if shares.get(name, 0) > 0 and name not in filled]
    if empty:
        twins = f" ({groups} if near-identical ones count once)" if groups < len(assigned) else ""
        raise FreezeError(
            f"{len(assigned)} judged queries{twins} are too few for these splits:"
            f" {' and '.join(empty)} would be empty. Judge more queries or change the shares."
        )


def _write_lines(
    project: Project,
    folder: Path,
    assigned: Mapping[str, str],
    resolver: Resolver,
    run: FirstStage | None,
    tally: _Tally,
    key: bytes,
) -> None:
    steps = {grade.pk: Step(grade.value, grade.gain, grade.target, grade.relevant)
             for grade in project.grades.all()}  # fmt: skip
    with ExitStack() as stack:
        out = {
            name: stack.enter_context((folder / f"{name}.jsonl").open("wb"))
            for name in (*SPLITS, "judgments")
        }
        for rows in _candidates(label_rows(project, run)):
            labels = [Label(row.kind, steps[row.grade_id], row.person or "") for row in rows]
            qrel = resolver.decide(rows[0].candidate_id, labels)
            tally.left_out += qrel is None
            if qrel is not None:
                split = assigned[rows[0].query_key]
                alike = agreed([each.step.value for each in labels if each.kind == "counted"])
                line = _line(rows[0], qrel, alike, key)
                tally.roots[split].add(line)
                out[split].write(line + b"\n")
                out["judgments"].write(_basis(rows) + b"\n")
                _count(tally, split, rows, labels, qrel)
    tally.observed.close()


def _candidates(rows: Iterable[LabelRow]) -> Iterator[list[LabelRow]]:
    for _, group in groupby(rows, key=lambda row: (row.query_key, row.passage_key)):
        yield list(group)


def _line(row: LabelRow, qrel: Qrel, alike: bool | None, key: bytes) -> bytes:
    line = {
        "query_id": row.query_key,
        "query": row.query,
        "passage_id": row.passage_key,
        "title": row.title,
        "text": row.text,
        "grade": qrel.grade,
        "gain": qrel.gain,
        "target": qrel.target,
        "relevant": qrel.relevant,
        "rank": row.rank,
        "score": row.score,
        "people": qrel.people,
        "imported": qrel.imported,
        "adjudicated": qrel.adjudicated,
        "agreed": alike,
        "query_metadata": named_by(row.query_metadata),
        "salt": salt_of(key, (row.query_key, row.query, row.passage_key, row.title, row.text)),
    }
    return canonical_json(line).encode()


def _basis(rows: list[LabelRow]) -> bytes:
    """Return which judgments a record rests on."""
    ids = sorted([each.judgment_id for each in rows])
    return canonical_json([rows[0].query_key, rows[0].passage_key, ids]).encode()


def _count(
    tally: _Tally, split: str, rows: list[LabelRow], labels: list[Label], qrel: Qrel
) -> None:
    row = rows[0]
    tally.splits[split].add(
        query_id=row.query_key,
        query=row.query,
        passage=row.text,
        target=qrel.target,
        relevant=qrel.relevant,
    )
    tally.observed.add(
        split,
        query_id=row.query_key,
        query=row.query,
        title=row.title,
        text_digest=row.text_digest,
        grade=qrel.grade,
        relevant=qrel.relevant,
    )
    tally.people += qrel.people
    tally.imported += qrel.imported
    tally.adjudicated += qrel.adjudicated
    tally.soft += all(label.step.target != qrel.target for label in labels)
    steps = [label.step for label in labels if label.kind == "counted"]
    if steps:
        tally.with_people += 1
        tally.outvoted += majority(steps).value != qrel.grade
        pairs = list(combinations([step.value for step in steps], 2))
        tally.compared += len(pairs)
        tally.agreed += sum(one == other for one, other in pairs)
    for each in rows:
        if each.person_id is not None:
            tally.judges.add(each.person_id)
        if each.source is not None:
            tally.sources[each.source] += 1


def _manifest(
    project: Project,
    folder: Path,
    recipe: Mapping[str, Any],
    learned: Mapping[str, Any],
    tally: _Tally,
    besides: Mapping[str, Any],
) -> dict[str, Any]:
    files = {
        f"{name}.jsonl": {"root": root.hexdigest(), "records": root.records}
        for name, root in tally.roots.items()
    }
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "project": project.slug,
        "label_scheme": [
            {"value": grade.value, "name": grade.name, "gain": grade.gain,
             "target": grade.target, "relevant": grade.relevant}
            for grade in project.scheme
        ],
        **recipe,
        "files": {**files, **besides},
    }  # fmt: skip
    if learned:
        manifest["learned"] = dict(learned)
    manifest["digest"] = hashlib.sha256(canonical_json(manifest).encode()).hexdigest()
    (folder / "manifest.json").write_text(canonical_json(manifest) + "\n", encoding="utf-8")
    return manifest


def _resolution(policy: Mapping[str, Any], resolver: Resolver, tally: _Tally) -> dict[str, Any]:
    return {
        "policy": policy_words(policy),
        "against_majority": tally.outvoted,
        "compared": tally.with_people,
        "soft": tally.soft,
        "left_out": tally.left_out,
        "iterations": resolver.record.get("iterations"),
        "converged": resolver.record.get("converged"),
    }


def _statistics(project: Project, tally: _Tally, *, queries: int, clusters: int) -> dict[str, Any]:
    described = project.sources.filter(name__in=tally.sources).exclude(description="")
    return {
        "splits": {name: tally.splits[name].as_dict() for name in SPLITS},
        "queries": queries,
        "query_clusters": clusters,
        "labels": {
            "people": len(tally.judges),
            "human": tally.people,
            "imported": tally.imported,
            "adjudicated": tally.adjudicated,
            "sources": dict(sorted(tally.sources.items())),
            "source_descriptions": dict(described.values_list("name", "description")),
            "agreement": tally.agreed / tally.compared if tally.compared else None,
            "agreement_n": tally.compared,
        },
    }
