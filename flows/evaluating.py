"""Measure the vision links against people's codings: of a consultation's results, or of texts in the file itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import TypeAdapter

from analysis.codings import draw_sample, read_codings, write_coding_book
from analysis.errors import Fault, InputError
from analysis.evaluate import Coding, Disagreement, Respondents, ResponseKey, disagreements, evaluate
from analysis.files import write_atomically
from analysis.priorities import RESPONSE_KEY
from analysis.settings import Settings, load_settings
from analysis.tables import read_table, rows_of, write_csv
from analysis.types import MACHINE, Evaluation, RawText, SafeText, Status, VisionCode
from analysis.vision import Framework, load_framework
from flows.handed_out import remember

if TYPE_CHECKING:
    from flows.plan import Plan

FILE = "evaluation.json"
FOLDER = "evaluation"
_STORED = TypeAdapter(Evaluation)
Scores = Mapping[tuple[ResponseKey, VisionCode], float]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What was found, how many coded responses could not be compared, and where the details lie."""

    evaluation: Evaluation
    left_out: int
    folder: Path


@dataclass(frozen=True, slots=True)
class _Machine:
    """The machine's answers, their scores, who wrote the responses, and the safe texts."""

    coding: Coding
    scores: Scores
    respondents: Respondents
    texts: Mapping[ResponseKey, SafeText]


def evaluate_consultation(files: Sequence[Path], plan: Plan) -> Evaluated:
    """Compare codings with the results of a consultation; its next report shows what was found.

    Raises InputError with all faults of the files, or where there are no results.
    """
    root = plan.layout.root
    machine = _of_results(plan)
    questions = [question.id for question in plan.consultation.questions]
    coded = read_codings(files, plan.framework, questions, [wave.wave for wave in plan.waves])
    unknown = {key for coding in coded.codings for key in coding.codes} - machine.respondents.of.keys()
    if unknown:
        problem = f"{len(unknown)} coded responses are not in the results of '{plan.consultation.id}'."
        remedy = "Check wave, response_id and question_id, and that these are the files of this consultation."
        raise InputError([Fault(", ".join(path.name for path in files), problem, remedy)])
    found = _evaluated(machine, coded.codings, plan.framework, plan.settings, root / FOLDER)
    kept = {
        "waves": {w.wave: w.keys["vision"] for w in plan.waves},
        "evaluation": _STORED.dump_python(found.evaluation),
    }
    with write_atomically(root / FOLDER / FILE) as part:
        part.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return found


def evaluate_texts(files: Sequence[Path], vision: str, out: Path) -> Evaluated:
    """Link the texts that stand in the files (redacted first) and compare; for a framework before any consultation."""
    settings, framework = load_settings(), load_framework(vision, Path())
    coded = read_codings(files, framework)
    if not coded.texts:
        names = ", ".join(path.name for path in files)
        remedy = "Add a column 'text', or name the consultation: --consultation DIR."
        raise InputError([Fault(names, "holds no texts to link.", remedy)])
    return _evaluated(_of_texts(coded.texts, framework, settings), coded.codings, framework, settings, out)


def sample_to_code(plan: Plan, size: int, coders: Sequence[str], out: Path) -> tuple[Path, ...]:
    """Write a blind sample of a consultation's responses, a workbook for each coder; return their paths."""
    _must_have_results(plan)
    sample = draw_sample(read_table("responses", plan.layout.root), size, plan.settings.evaluate.seed)
    books = [(out.with_stem(f"{out.stem}-{coder}"), coder) for coder in coders] or [(out, "")]
    remember(plan.layout, [path for path, _ in books])
    for path, coder in books:
        write_coding_book(path, sample, plan.framework, coder, plan.consultation.id)
    return tuple(path for path, _ in books)


def stored_evaluation(plan: Plan) -> Evaluation | None:
    """The last evaluation of a consultation, if its vision links are still as they were then."""
    path = plan.layout.root / FOLDER / FILE
    if not path.exists():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    if any(_keys(plan).get(wave) != key for wave, key in kept["waves"].items()):
        return None
    return _STORED.validate_python(kept["evaluation"])


def fingerprint_of(plan: Plan) -> str:
    """Change whenever what `stored_evaluation` gives does."""
    found = stored_evaluation(plan)
    return json.dumps(asdict(found)) if found else ""


def _keys(plan: Plan) -> dict[str, str]:
    return {wave.wave: wave.keys["vision"] for wave in plan.waves}


def _evaluated(
    machine: _Machine, people: Sequence[Coding], framework: Framework, settings: Settings, folder: Path
) -> Evaluated:
    known = [Coding(c.coder, {k: codes for k, codes in c.codes.items() if k in machine.coding.codes}) for c in people]
    left_out = sum(len(c.codes) for c in people) - sum(len(c.codes) for c in known)
    found = evaluate(machine.coding, known, framework.codes, machine.respondents, settings.evaluate)
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(pd.DataFrame([_flat(asdict(pair)) for pair in found.pairs]), folder / "agreement.csv")
    write_csv(pd.DataFrame([asdict(theme) for theme in found.themes]), folder / "themes.csv")
    telling = disagreements(machine.coding, known, machine.scores)
    write_csv(_disagreements_table(telling, machine.texts), folder / "disagreements.csv")
    return Evaluated(found, left_out, folder)


def _flat(pair: Mapping[str, object]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in pair.items():
        flat.update({f"{name}_{k}": v for k, v in value.items()} if isinstance(value, dict) else {name: value})
    return flat


def _disagreements_table(telling: Sequence[Disagreement], texts: Mapping[ResponseKey, SafeText]) -> pd.DataFrame:
    rows = [
        (*d.key, "; ".join(sorted(d.people)) or "NONE", "; ".join(sorted(d.machine)) or "NONE", d.coders,
         round(d.surety, 4), texts[d.key])
        for d in telling
    ]  # fmt: skip
    return pd.DataFrame(
        rows, columns=["wave", "response_id", "question_id", "people", "machine", "coders", "surety", "text"]
    )


def _of_results(plan: Plan) -> _Machine:
    """The machine's answers, but for responses that a person decided on in a review: it has learned from those."""
    _must_have_results(plan)
    responses = read_table("responses", plan.layout.root)
    decided = plan.decisions.codes("vision")
    taught = [key in decided for key in responses[RESPONSE_KEY].itertuples(index=False, name=None)]
    fit = responses[(responses["status"] == Status.SUBSTANTIVE) & ~pd.Series(taught, index=responses.index, dtype=bool)]
    links = read_table("response_vision", plan.layout.root)
    keys = [ResponseKey(r.wave, r.response_id, r.question_id) for r in rows_of(fit)]
    scores = {
        (ResponseKey(r.wave, r.response_id, r.question_id), VisionCode(r.vision_code)): r.score for r in rows_of(links)
    }
    given: dict[ResponseKey, set[VisionCode]] = {key: set() for key in keys}
    for key, code in scores:
        given.get(key, set()).add(code)
    everyone = [ResponseKey(r.wave, r.response_id, r.question_id) for r in rows_of(responses)]
    who = dict(zip(everyone, responses["respondent"], strict=True))
    groups = {
        column.removeprefix("demographic_"): dict(zip(keys, fit[column].fillna(""), strict=True))
        for column in fit.columns
        if column.startswith("demographic_")
    }
    coding = Coding(MACHINE, {key: frozenset(codes) for key, codes in given.items()})
    return _Machine(coding, scores, Respondents(who, groups), dict(zip(keys, fit["text"], strict=True)))


def _of_texts(texts: Mapping[ResponseKey, RawText], framework: Framework, settings: Settings) -> _Machine:
    from analysis.linking import link_texts

    keys = list(texts)
    linked = link_texts([texts[key] for key in keys], framework, settings)
    scores = {
        (key, code): float(linked.scores[i, j]) for i, key in enumerate(keys) for j, code in enumerate(framework.codes)
    }
    coding = Coding(MACHINE, dict(zip(keys, linked.codes, strict=True)))
    return _Machine(coding, scores, Respondents({}, {}), dict(zip(keys, linked.texts, strict=True)))


def _must_have_results(plan: Plan) -> None:
    root = plan.layout.root
    if not (root / "response_vision.parquet").exists():
        fault = Fault(str(root), "There are no results to evaluate.", f"Run first: manifesto run {plan.request.folder}")
        raise InputError([fault])
