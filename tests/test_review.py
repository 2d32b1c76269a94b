"""What a review found, kept from coming back: header rows that are a resident's, repeated rows, pasted letters."""

from __future__ import annotations

import pandas as pd
import pytest
from conftest import ConsultationFolder, FakeEncoder

from analysis import coding
from analysis.codebook import Codebook
from analysis.errors import InputError
from analysis.ingest import load_wave
from analysis.intake import Defence, load_and_redact
from analysis.settings import Settings
from analysis.themes import Corpus, code_wave
from analysis.types import RawText, Redaction, SafeText, Wave

LETTER = "I object to the plan to close the reading room at the library because nobody else has a warm quiet place"


class Untouched:
    """Redacts nothing."""

    def redact_many(self, texts):  # type: ignore[no-untyped-def]
        return (Redaction(SafeText(text), ()) for text in texts)

    def redact(self, text: RawText) -> Redaction:
        return Redaction(SafeText(text), ())


def safe_wave(consultation_folder: ConsultationFolder, rows: list[dict[str, str]], settings: Settings) -> pd.DataFrame:
    consultation = consultation_folder({"w1/online.csv": rows})
    wave, files = consultation.waves()[0]
    return load_and_redact(consultation, wave, files, settings, Defence(Untouched())).responses


def row(number: str, who: str, like: str, hope: str = "") -> dict[str, str]:
    return {"ID": number, "Who": who, "What do you like?": like, "What do you hope for?": hope, "Ward": "Heath"}


def test_a_file_without_header_does_not_show_its_first_row(
    consultation_folder: ConsultationFolder, settings: Settings
) -> None:
    consultation = consultation_folder(
        {"w1/online.csv": [{"R_8ab": "R_9", "My neighbour Priya deals drugs": "Yes she does"}]}
    )
    wave, files = consultation.waves()[0]
    with pytest.raises(InputError) as caught:
        load_wave(consultation, wave, files, settings.ingest)
    assert "Priya" not in str(caught.value)
    assert "2 columns" in str(caught.value)


def test_a_row_exported_three_times_stops_nothing(
    consultation_folder: ConsultationFolder, settings: Settings, fake_encoder: FakeEncoder
) -> None:
    responses = safe_wave(consultation_folder, [row("7", "a", "The parks are lovely")] * 3, settings)
    assert sorted(responses["status"]) == ["blank", "rejected", "rejected", "substantive"]
    segments = coding.split_responses(responses, settings.segment)

    def vector_of(_: object) -> object:
        return fake_encoder.encode(list(segments["text"]))

    guide = coding.Guide((), lambda vectors: vectors[:, :0])
    coded = coding.code_themes(
        responses, segments, Codebook.empty(), Wave("w1"), fake_encoder.encode, vector_of, settings.themes, guide
    )
    assert len(coded.segments) == 1


def test_one_person_who_pastes_a_letter_often_is_no_campaign(
    consultation_folder: ConsultationFolder, settings: Settings
) -> None:
    rows = [row(str(n), "same person", LETTER, LETTER) for n in range(3)]
    rows = [{**each, "Ward": f"Ward {n}"} for n, each in enumerate(rows)]
    assert not safe_wave(consultation_folder, rows, settings)["campaign"].any()


def test_two_letters_of_one_campaign_stay_two(consultation_folder: ConsultationFolder, settings: Settings) -> None:
    other = "Please plant many more street trees along every main road of the borough and water them well each summer"
    responses = safe_wave(consultation_folder, [row(str(n), f"p{n}", LETTER, other) for n in range(5)], settings)
    assert responses["campaign"].all()
    assert responses.groupby("question_id")["campaign_id"].nunique().tolist() == [1, 1]
    assert responses["campaign_id"].nunique() == 2


def test_words_in_another_script_stop_nothing(settings: Settings, fake_encoder: FakeEncoder) -> None:
    texts = [f"পার্ক খুব সুন্দর {chr(0x0995 + n % 30)}{chr(0x0995 + n // 30)}" for n in range(60)]
    corpus = Corpus.of([(text, text, f"p{n}") for n, text in enumerate(texts)], lambda _: fake_encoder.encode(texts))
    coded = code_wave(corpus, Codebook.empty(), Wave("w"), fake_encoder.encode, settings.themes)
    assert len(coded.theme) == len(set(texts))
