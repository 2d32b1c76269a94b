"""The `manifesto` command. Heavy libraries are imported inside the commands that need them."""

from __future__ import annotations

import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.errors import Fault, InputError, ManifestoError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analysis.scaffold import ScaffoldReport
    from flows.consultation import RunResult
    from flows.plan import Plan

BAD_INPUT, PROGRAM_FAULT = 2, 1

app = typer.Typer(
    name="manifesto",
    help="Read every answer to a consultation: anonymise, find themes, link them to the vision, report. Offline.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Folder = Annotated[
    Path, typer.Argument(metavar="DIR_OF_CONSULTATION", help="Folder with consultation.toml and a folder per wave.")
]
Processed = Annotated[Path, typer.Option(metavar="DIR", help="Where results are kept.")]
Reports = Annotated[Path, typer.Option(metavar="DIR", help="Where reports are written.")]
PROCESSED, REPORTS, RAW = Path("data/processed"), Path("reports/published"), Path("data/raw")


def main() -> None:
    """Run the command line; exit 0 on success, 2 on bad input with one clear message, never with a traceback."""
    try:
        app()
    except InputError as error:
        _stop(_listed(error.faults), BAD_INPUT)
    except ManifestoError as error:
        _stop(str(error), PROGRAM_FAULT if error.is_program_fault else BAD_INPUT)
    except OSError as error:
        what = f"{error.strerror or type(error).__name__}: {error.filename or 'a file'}."
        _stop(f"{what} Check that it exists, that you may use it, and that the disk has room.", BAD_INPUT)
    except KeyboardInterrupt:
        _stop("Stopped. Nothing is half-written; run again to go on.", 130)
    except Exception as error:  # the words of an unexpected error may quote a response
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        _stop(f"A fault of the program: {where}. Please report it.", PROGRAM_FAULT)


@app.command(epilog="Example: manifesto demo")
def demo(processed: Processed = PROCESSED, reports: Reports = REPORTS) -> None:
    """Analyse the synthetic consultation that comes with the project, two waves, and say where the reports are."""
    _report_result(_run(_demo_folder(), processed, reports, None))


@app.command(epilog="Example: manifesto new 'Better Bowling Green' --from export.csv --wave 2026-spring")
def new(
    name: Annotated[str, typer.Argument(help="Title of the consultation.")],
    export: Annotated[Path, typer.Option("--from", metavar="EXPORT", help="A CSV or XLSX export to inspect.")],
    into: Annotated[Path, typer.Option(metavar="DIR", help="Where consultations lie.")] = RAW,
    wave: Annotated[str | None, typer.Option(metavar="W", help="Name of the wave (default: this month).")] = None,
) -> None:
    """Inspect an export, write a commented consultation.toml with a guess of its columns, and copy the export in."""
    from analysis.scaffold import scaffold

    made = scaffold(export, name, into, wave)
    for line in _guesses(made):
        typer.echo(line)
    typer.echo(f"\nRead {made.folder / 'consultation.toml'}, correct what is guessed wrong, then run:")
    typer.echo(f"  manifesto check {made.folder}\n  manifesto run {made.folder}")


@app.command(epilog="Example: manifesto check data/raw/bowling-green")
def check(folder: Folder) -> None:
    """Read everything, write nothing, and list every fault at once."""
    from analysis.ingest import check_consultation

    found = check_consultation(folder)
    for file in found.files:
        typer.echo(
            f"{file.wave}/{file.source}: {file.rows:,} rows, {file.responses:,} answers, {file.rejected:,} rejected"
        )
    if found.frame:
        typer.echo(f"code frame {found.frame}")
    for warning in found.warnings:
        typer.echo(f"note: {warning}")
    if found.faults:
        raise InputError(found.faults)
    typer.echo("Ready to run.")


@app.command(epilog="Example: manifesto run data/raw/bowling-green --wave 2018-02")
def run(
    folder: Folder,
    wave: Annotated[
        str | None, typer.Option(metavar="W", help="Report this wave only (earlier ones are analysed if need be).")
    ] = None,
    refit: Annotated[
        bool,
        typer.Option("--refit", help="Then rebuild the themes from all waves together; says which are the old ones."),
    ] = False,
    processed: Processed = PROCESSED,
    reports: Reports = REPORTS,
) -> None:
    """Analyse a consultation end to end. What is unchanged is not done again."""
    _report_result(_run(folder, processed, reports, wave, refit))


@app.command(epilog="Example: manifesto report data/raw/bowling-green --wave 2018-02")
def report(
    folder: Folder,
    wave: Annotated[str | None, typer.Option(metavar="W", help="Only this wave.")] = None,
    processed: Processed = PROCESSED,
    reports: Reports = REPORTS,
) -> None:
    """Write the reports again from results that are there, without analysing anything."""
    from flows.plan import Plan, RunRequest
    from flows.rendering import render_existing

    for path in render_existing(Plan(RunRequest(folder, processed, reports, wave))):
        typer.echo(f"Report: {path}")


review = typer.Typer(
    no_args_is_help=True,
    help="Look at what a machine cannot decide; decisions are kept as data.",
    epilog="Example: manifesto review export data/raw/bowling-green --out review.xlsx",
)
app.add_typer(review, name="review")


@review.command("export", epilog="Example: manifesto review export data/raw/bowling-green --out review.xlsx")
def review_export(
    folder: Folder,
    out: Annotated[Path, typer.Option(metavar="OUT.xlsx", help="Workbook to write.")] = Path("review.xlsx"),
    everything: Annotated[
        bool, typer.Option("--all", help="Look for personal data in all answers, not only those marked.")
    ] = False,
    processed: Processed = PROCESSED,
) -> None:
    """Write a workbook to fill in: themes, a sample of answers with their links, quotes, and possible personal data."""
    from flows.reviewing import export_review

    sheets = export_review(folder, processed, out, everything)
    listed = ", ".join(f"{rows:,} in '{name}'" for name, rows in sheets.items())
    typer.echo(f"Written to {out}: {listed}. Fill it in, then: manifesto review apply {folder} {out}")


@review.command("apply", epilog="Example: manifesto review apply data/raw/bowling-green review.xlsx")
def review_apply(
    folder: Folder,
    book: Annotated[Path, typer.Argument(metavar="REVIEW.xlsx")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decided (default: who is logged in).")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    processed: Processed = PROCESSED,
) -> None:
    """Keep the decisions of a filled-in workbook with the exports; every run from now on applies them."""
    from flows.reviewing import apply_review

    applied = apply_review(folder, book, processed, by, dry_run)
    for change in applied.changes:
        typer.echo(change)
    if not applied.changes:
        typer.echo("Nothing to change: the workbook says what is decided already.")
    elif dry_run:
        typer.echo(f"{len(applied.changes):,} changes. Nothing was written: this was a dry run.")
    else:
        typer.echo(f"{len(applied.changes):,} changes kept in {folder}. Run: manifesto run {folder}")


framework_commands = typer.Typer(
    no_args_is_help=True,
    help="Look after the file that holds a council's vision.",
    epilog="Example: manifesto framework check our_vision.toml",
)
app.add_typer(framework_commands, name="framework")


@framework_commands.command("check", epilog="Example: manifesto framework check our_vision.toml")
def framework_check(
    name: Annotated[str, typer.Argument(metavar="FRAMEWORK", help="A framework file, or the name of a shipped one.")],
) -> None:
    """Say what will make links to a vision wrong: overlaps, thin themes, ambiguous examples. Writes nothing."""
    from flows.frameworks import check_framework

    framework, advice = check_framework(name)
    typer.echo(f"{framework.framework.title}: {len(framework.themes)} themes, ready to use.")
    for each in advice:
        typer.echo(f"  {each}")
    typer.echo(f"{len(advice)} pieces of advice." if advice else "Nothing to mend.")


@app.command(epilog="Example: manifesto sample data/raw/bowling-green --out to-code.xlsx --coder anna --coder ben")
def sample(
    folder: Folder,
    out: Annotated[Path, typer.Option(metavar="OUT.xlsx", help="Workbook to write, one for each coder.")] = Path(
        "to-code.xlsx"
    ),
    size: Annotated[int, typer.Option("--size", "-n", min=1, help="How many responses.")] = 150,
    coder: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Who will code; may be given again.")] = None,
    processed: Processed = PROCESSED,
) -> None:
    """Draw responses by lot for people to code without seeing the machine's answer."""
    from flows.evaluating import sample_to_code

    for path in sample_to_code(_plan(folder, processed), size, coder or [], out):
        typer.echo(f"To code: {path}")
    typer.echo(f"When they are filled in: manifesto evaluate FILES --consultation {folder}")


@app.command(epilog="Example: manifesto evaluate anna.xlsx ben.xlsx --consultation data/raw/bowling-green")
def evaluate(
    coded: Annotated[list[Path], typer.Argument(metavar="CODED.csv", help="Codings by people, CSV or XLSX.")],
    consultation: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Compare with its results; else the files' texts are linked.")
    ] = None,
    vision: Annotated[
        str, typer.Option(metavar="FRAMEWORK", help="Without a consultation: the framework that was coded to.")
    ] = "borough_manifesto",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Without a consultation: where details go.")] = Path(
        "evaluation"
    ),
    processed: Processed = PROCESSED,
) -> None:
    """Measure the vision links against people's codings, and people against each other."""
    from flows.evaluating import evaluate_consultation, evaluate_texts
    from flows.evaluation_wording import lines_of

    if consultation:
        found = evaluate_consultation(coded, _plan(consultation, processed))
    else:
        found = evaluate_texts(coded, vision, out)
    for line in lines_of(found.evaluation):
        typer.echo(line)
    if found.left_out:
        typer.echo(f"{found.left_out:,} codings are of answers that say nothing or could not be read; left out.")
    typer.echo(f"Details, with the most telling disagreements: {found.folder}")
    if consultation:
        typer.echo(f"To show it in the report: manifesto run {consultation}")


@app.command(epilog="Example: manifesto anonymise in.csv --id 'Response ID' --text Comments --out out.csv")
def anonymise(
    source: Annotated[Path, typer.Argument(metavar="IN.csv")],
    id_: Annotated[str, typer.Option("--id", metavar="COLUMN", help="Column with the identifiers, kept as they are.")],
    text: Annotated[str, typer.Option(metavar="COLUMN", help="Column with the text to anonymise.")],
    out: Annotated[Path, typer.Option(metavar="OUT.csv", help="File to write.")],
) -> None:
    """Write the same identifiers and the anonymised text of a CSV or XLSX file."""
    from flows.anonymising import anonymise_file

    counts = anonymise_file(source, id_, text, out)
    removed = ", ".join(f"{label} {count}" for label, count in counts.redactions.items()) or "nothing"
    typer.echo(f"{counts.rows:,} rows written to {out}. Removed: {removed}.")
    if counts.rejected:
        raise ManifestoError(f"{counts.rejected} rows could not be read and are not in {out}; the others are.")


@app.command(epilog="Example: manifesto serve --cron '0 2 * * *'")
def serve(
    cron: Annotated[str, typer.Option(metavar="CRON", help="When to run, as five cron fields.")] = "0 2 * * *",
    raw: Annotated[Path, typer.Option(metavar="DIR", help="Where consultations lie.")] = RAW,
    processed: Processed = PROCESSED,
    reports: Reports = REPORTS,
) -> None:
    """Schedule the nightly flow on Prefect: every consultation with new or changed waves, each in isolation."""
    from flows.serving import serve_nightly

    serve_nightly(cron, raw, processed, reports)


@app.command(epilog="Example: manifesto purge data/raw/bowling-green --yes")
def purge(
    folder: Folder,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    expired: Annotated[
        bool, typer.Option("--expired", help="Only what is older than [settings.retention] allows.")
    ] = False,
    processed: Processed = PROCESSED,
    reports: Reports = REPORTS,
) -> None:
    """Delete everything made from a consultation: tables, vectors, refits, evaluations, reports, workbooks.

    What lies in its own folder stays: the exports, consultation.toml, and what people decided. Copies that somebody
    made elsewhere cannot be found. What was deleted is noted in .purged beside the results.
    """
    from flows.purging import artefacts, purge

    found = artefacts(folder, processed, reports, time.time() if expired else None)
    if not found:
        typer.echo("Nothing to delete.")
        return
    for each in found:
        typer.echo(f"{each.kind}: {each.path} ({len(each.files):,} files)")
    if not yes:
        typer.confirm("Delete these?", abort=True)
    typer.echo(f"{purge(folder, processed, found):,} files deleted.")
    typer.echo(f"In {folder} the exports and what people decided stay, with the words they hold.")


def _guesses(made: ScaffoldReport) -> Iterator[str]:
    yield f"{made.rows:,} rows read. This is a guess; correct it in the file."
    yield f"  identifier: {made.response_id or 'none: made from the content of each row'}"
    yield from (f"  question: {question.column} ({question.stance})" for question in made.questions)
    yield from (f"  demographic: {column}" for _, column in made.demographics)
    yield from (f"  left out as personal data: {column} ({kind})" for column, kind in made.personal)
    if made.unused:
        yield f"  not used: {', '.join(made.unused)}"
    yield from (f"  note: {warning}" for warning in made.warnings)


def _plan(folder: Path, processed: Path) -> Plan:
    from flows.plan import Plan, RunRequest

    return Plan(RunRequest(folder, processed, REPORTS))


def _run(folder: Path, processed: Path, reports: Path, wave: str | None, refit: bool = False) -> RunResult:
    from flows.plan import Plan, RunRequest
    from flows.progress import console, step

    with step("start"):  # every fault of the input is told before anything is done
        Plan(RunRequest(folder, processed, reports, wave)).check_inputs()
        from flows.consultation import analyse_consultation
    console.print(f"Analysing {folder} …", markup=False)
    return analyse_consultation(str(folder), str(processed), str(reports), wave, refit)


def _report_result(result: RunResult) -> None:
    if not result.worked:
        typer.echo("Nothing new: every wave is as it was at the last run, and no work was done.")
    for path in result.reports:
        typer.echo(f"Report: {path}")


def _demo_folder() -> Path:
    folder = Path(__file__).resolve().parent.parent / "data" / "raw" / "demo"
    if not folder.is_dir():
        fault = Fault(
            "manifesto demo", "the demo's data is not beside the program.", "Run it from a clone of the repository."
        )
        raise InputError([fault])
    return folder


def _listed(faults: tuple[Fault, ...]) -> str:
    if len(faults) == 1:
        return str(faults[0])
    return "\n".join([f"{len(faults)} faults:", *(f"  {fault}" for fault in faults)])


def _stop(message: str, code: int) -> None:
    sys.stderr.write(f"manifesto: {message}\n")
    sys.exit(code)
