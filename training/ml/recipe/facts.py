"""The facts of a run: everything its card says, measured once and stored for good.

`facts_collect` returns one JSON-able dict. The registry stores it and renders cards from it alone,
so it holds no machine paths, and what has an order is a list of [name, value] pairs, since a JSON
column does not keep the order of keys. Keys, and who fills them where it is not this file:

    schema          1
    model           name, task, library, pipeline_tag, tags, max_length (tokens), num_labels,
                    modalities, architecture, parameters, activation
    base            see `training.ml.models.find.BaseInfo`
    templates       query, passage
    language        list of codes or None          (the project; None here)
    license         SPDX-like id or None           (the project; None here)
    samples_allowed whether texts may be shown     (the project; False here)
    labels          sources [{kind: person | import | model, name, judgments, detail}], agreement
                    {measure, value, n} or None, adjudicated_share or None, preferences as the
                    snapshot's statistics have them, or None,
                    resolution {policy, against_majority, compared} or None
                                                   (the driver; the manifest's `labels` or None)
    registry        url, repo_id, version, path of the archive   (the driver; None here)
    first_stage     run, the name of the run whose ranks are measured as first stage, or None
                                                   (the driver)
    exposure        dev, test, dev_queries, test_queries, unread, see
                    `training.selectors.exposure`, or None where the base is none of the registry's
    twins           queries, groups, of: test queries that are near-identical to another one
                                                   (the driver)
    lineage         job, git_commit, created_at    (the driver; None here)
    dataset         name, digest, size (training pairs), columns,
                    statistics [{column, type, modality, min, mean, max, unit}],
                    samples [[text, text, target]],
                    splits [{split, queries, pairs, positives, label_mean}]
    usage           [[query text, passage text]] of one training query, templates applied
    loss            name, class_name, parameters [[name, value]]
    training_set    loss, reason, keys [[name, value]], pairs, queries, relevant,
                    judged_not_relevant, mined_bm25, mined_bi-encoder, random, judged_left_out,
                    rows, shape, queries_left_out {reason: queries}, judged_in_no_row,
                    too_close, alike, preferences {there, queries, learned, compared, as_graded}
                    or None, see `training.ml.sets`
    hyperparameters all, non_default: [[name, value]], dicts and lists as text
    log             columns, rows (None where a line has no value), best_step or None
    evaluation      validation {dataset, description, class_name, primary, metrics [[name, value]],
                    queries, pairs, positives},
                    splits [{split, counts, candidates {mean, min, max} per query, ranked (pairs
                    that the first stage ranked), tied (those of them that share rank and score),
                    shuffles (of the random order), rows, differences, notes}], see
                    `training.ml.recipe.facts_evaluation`
    verdict         the model against each rival on the test split, see
                    `training.ml.measures.verdict`
    expected        what difference the test split can show, as it was said before training, see
                    `training.ml.recipe.baseline`
    champion        {version, missing} of the champion that was to be measured, or None; exposure as
                    above                          (the driver)
    calibration     applied, scale, shift, reason, method, fitted_on, splits [{split, pairs,
                    positives, before, after}], see `training.ml.recipe.calibrating`
    slices          [{kind, slices [{name, queries, pairs, positives, figures}]}] of the test split;
                    those of the kind `made` with said, conditions and members, see
                    `training.ml.measures.slices`
    methods         base (`cosines` of an embedder's vectors, or `scores`), bm25, intervals,
                    paired_test: how that was computed
    findings        of the snapshot, [{kind, count, message}]   (the driver)
    precision       bf16, reason, fp32_seconds, bf16_seconds, see `training.ml.precision`
    trials          [{number, changes [[key, value]], values [[name, value]] on dev, steps,
                    best_step, seconds, chosen, failed (a message or None)}], one for each training
    timings         stages [[name, seconds]], training_seconds (without what is scored on the way),
                    evaluation_seconds (baselines, on the way, at the end)
    hardware        device, gpus, cpu, cores, threads, memory_bytes, peak_memory_bytes, system
    energy          {kwh, source} or None          (measured by nobody yet)
    versions        [[name, version]]
    citations       [[title, BibTeX]]
    recipe          the whole `TrainSpec` as [[key, value]]
    silver          cached, seconds_now and the facts of `training.ml.silver.run.SilverOutcome`;
                    None where there was no such stage          (`training.ml.recipe.run`)
    teacher         the facts of `training.ml.recipe.teaching.Taught`; None where nobody taught
                                                                (`training.ml.recipe.run`);
                    version and exposure, as above, where it is one of the registry's
                                                                (the driver)
    likely          looked_at, found, kept, bar, see `training.ml.recipe.likely`; None where nothing
                    was mined                                   (`training.ml.recipe.run`)
    seed            of the recipe
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import CrossEncoderTrainingArguments
from sentence_transformers.cross_encoder.model_card import CrossEncoderModelCardData
from sentence_transformers.util import fullname

from training.ml.data import Snapshot
from training.ml.hardware import hardware_facts
from training.ml.measures.evaluation import Evaluation
from training.ml.models.find import BaseInfo
from training.ml.precision import Precision
from training.ml.recipe.facts_dataset import dataset_facts, plain, usage_facts
from training.ml.recipe.facts_evaluation import methods_facts, split_facts, validation_facts
from training.ml.recipe.learning import learning_facts
from training.ml.recipe.trials import TrialResult
from training.ml.recipe.trying import Trained
from training.ml.search.languages import DEFAULT
from training.spec.train import TrainSpec

# The library leaves these out of its list, though they say how a model was chosen.
_SHOWN_TOO: Final = ("eval_strategy", "eval_steps", "load_best_model_at_end")
_COLUMNS_FIRST: Final = ("Epoch", "Step", "Training Loss", "Validation Loss")


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run, from which facts are read. `seconds` is the time per stage."""

    snapshot: Snapshot
    spec: TrainSpec
    base: BaseInfo
    precision: Precision
    trained: Trained
    evaluations: Mapping[str, Evaluation]
    evidence: Mapping[str, Any]
    seconds: Mapping[str, float]


def facts_collect(run: Run) -> dict[str, Any]:
    """Collect the facts of a run; the module's docstring describes them."""
    card = run.trained.trainer.model.model_card_data
    return {
        "schema": 1,
        "model": _model(run, card),
        "base": run.base.to_dict(),
        "templates": {"query": run.spec.query_template, "passage": run.spec.passage_template},
        "language": None,
        "license": None,
        "samples_allowed": False,
        "labels": run.snapshot.manifest.get("labels"),
        "registry": None,
        "lineage": None,
        "dataset": dataset_facts(run.snapshot, run.trained.lesson.shaped.dataset),
        "usage": usage_facts(run.snapshot, run.spec),
        "loss": _loss(run),
        "training_set": learning_facts(run.trained.lesson, run.trained.spec),
        "hyperparameters": _hyperparameters(run.trained, card),
        "log": _log(card),
        "evaluation": {
            "validation": validation_facts(
                run.trained.evaluator, card, run.evaluations["dev"].counts
            ),
            "splits": [
                split_facts(split, evaluation, run.snapshot.splits[split])
                for split, evaluation in run.evaluations.items()
            ],
        },
        **run.evidence,
        "methods": methods_facts(
            run.snapshot.splits.values(),
            seed=run.spec.seed,
            language=run.spec.language or DEFAULT,
            base=run.base,
        ),
        "precision": run.precision.to_dict(),
        "trials": [_trial(each, run.trained.chosen) for each in run.trained.trials],
        "timings": _timings(run),
        "hardware": hardware_facts(str(run.trained.trainer.model.device)),
        "energy": None,
        "versions": [[name, str(value)] for name, value in card.version.items()],
        "citations": [[title, text.strip()] for title, text in card.citations.items()],
        "recipe": [[name, value] for name, value in run.spec.to_dict().items()],
        "seed": run.spec.seed,
    }


def _model(run: Run, card: CrossEncoderModelCardData) -> dict[str, Any]:
    model = run.trained.trainer.model
    specific = card.get_model_specific_metadata()
    return {
        "name": f"CrossEncoder based on {run.base.loaded}",
        "task": card.task_name,
        "library": card.library_name,
        "pipeline_tag": card.pipeline_tag,
        "tags": list(card.tags),
        "max_length": specific["model_max_length"],
        "num_labels": specific["model_num_labels"],
        "modalities": list(specific["supported_modalities"]),
        # What whoever loads it gets: our own class only computes in another way.
        "architecture": specific["model_string"].replace(
            type(model).__name__, CrossEncoder.__name__, 1
        ),
        "parameters": sum(weights.numel() for weights in model.parameters()),
        "activation": fullname(model.activation_fn),
    }


def _loss(run: Run) -> dict[str, Any]:
    loss = run.trained.trainer.loss
    config: dict[str, Any] = getattr(loss, "get_config_dict", dict)()
    return {
        "name": type(loss).__name__,
        "class_name": fullname(loss),
        "parameters": [[name, plain(value)] for name, value in config.items()],
    }


def _hyperparameters(trained: Trained, card: CrossEncoderModelCardData) -> dict[str, Any]:
    """All arguments that the library shows, those above, and the ones that differ from default."""
    # The trainer is told to keep nothing: the best weights are kept by us.
    kept = {"load_best_model_at_end": trained.spec.load_best_model_at_end}
    given = _as_dict(trained.trainer.args) | kept
    default = _as_dict(CrossEncoderTrainingArguments(output_dir="unused"))
    shown = [name for name in given if name in card.all_hyperparameters or name in _SHOWN_TOO]
    return {
        "all": [[name, plain(given[name])] for name in shown],
        "non_default": [
            [name, plain(given[name])] for name in shown if given[name] != default.get(name)
        ],
    }


def _as_dict(args: CrossEncoderTrainingArguments) -> dict[str, Any]:
    untyped: Callable[[], dict[str, Any]] = args.to_dict
    return untyped()


def _log(card: CrossEncoderModelCardData) -> dict[str, Any]:
    lines = card.training_logs
    names = list(dict.fromkeys(name for line in lines for name in line))
    columns: list[str] = [name for name in _COLUMNS_FIRST if name in names]
    columns += [name for name in names if name not in columns]
    return {
        "columns": columns,
        "rows": [[plain(line.get(name)) for name in columns] for line in lines],
        "best_step": card.best_model_step,
    }


def _timings(run: Run) -> dict[str, Any]:
    """Split the time; scores of baselines, on the way and at the end are evaluation.

    What is neither, loading and saving, is in the total alone. Stages are of the last attempt,
    training is of all of them.
    """
    seconds = run.seconds
    on_the_way = sum(each.evaluation_duration for each in run.trained.trials)
    evaluating = seconds["baseline"] + on_the_way + seconds["evaluate"]
    return {
        "stages": [[name, round(value, 3)] for name, value in seconds.items()],
        "training_seconds": round(sum(each.seconds for each in run.trained.trials), 3),
        "evaluation_seconds": round(evaluating, 3),
    }


def _trial(each: TrialResult, chosen: TrialResult) -> dict[str, Any]:
    return {
        "number": each.number,
        "changes": [[name, value] for name, value in each.changes.items()],
        "values": [[name, float(value)] for name, value in each.values.items()],
        "steps": each.steps,
        "best_step": each.best_step,
        "seconds": each.seconds,
        "chosen": each.number == chosen.number,
        "failed": each.failed,
    }
