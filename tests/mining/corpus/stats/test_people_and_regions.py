"""Speakers, gender and regions as far as a catalogue tells them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.corpus.export.splits import speakers
from mining.corpus.stats.gazetteer import Gazetteer, load, shipped
from mining.corpus.stats.people import People, names
from mining.corpus.stats.regions import Regions
from mining.errors import InputError

HOUR = 3600.0


def people(*rows: tuple[dict, float]) -> dict:
    counted = People()
    for about, hours in rows:
        counted.add(about, hours * HOUR)
    return counted.figures()


def regions(*rows: tuple[dict, float], own: Gazetteer | None = None) -> dict:
    counted = Regions(own or Gazetteer())
    for about, hours in rows:
        counted.add(about, hours * HOUR)
    return counted.figures()


def test_who_speaks_how_long() -> None:
    rows = [
        ({"speaker": "Asha  Rao", "gender": "F"}, 2.0),
        ({"speaker": "asha rao", "gender": "female"}, 1.0),
        ({"speaker": "R. Sen", "gender": "पुरुष"}, 1.0),
        ({"speaker": "R. Sen; Asha Rao", "gender": "m|f"}, 4.0),
        ({"speaker": None, "gender": ""}, 0.5),
        ({}, 0.25),
    ]
    told = people(*rows)
    assert told["speakers"] == {
        "number": 2,
        "effective": pytest.approx(1.75, abs=0.01),
        "hours": {"Asha Rao": 3.0, "R. Sen": 1.0},
        "hours_several": 4.0,
        "hours_unknown": 0.75,
    }
    assert told["gender"] == {
        "hours": {"female": 3.0, "male": 1.0},
        "share": {"female": 0.75, "male": 0.25},
        "hours_several": 4.0,
        "hours_unknown": 0.75,
    }


def test_what_no_catalogue_tells_is_not_guessed() -> None:
    told = people(({"station": "Patna", "name": "Mrs Rao"}, 1.0))
    assert (told["speakers"]["number"], told["speakers"]["effective"], told["speakers"]["hours"]) == (0, None, {})
    assert (told["gender"]["hours"], told["gender"]["share"], told["gender"]["hours_unknown"]) == ({}, {}, 1.0)


def test_a_gender_of_its_own_name_is_kept() -> None:
    assert people(({"gender": "Non-binary"}, 1.0))["gender"]["hours"] == {"non-binary": 1.0}


def test_only_ten_are_named_and_all_are_counted() -> None:
    told = people(*(({"speaker": f"s{number:02d}"}, 1.0 + number) for number in range(30)))["speakers"]
    assert told["number"] == 30 and list(told["hours"]) == [f"s{number}" for number in range(29, 19, -1)]


@settings(deadline=None)
@given(st.text("aAß é;|", max_size=12))
def test_speakers_are_those_of_the_splits(told: str) -> None:
    assert tuple(sorted(names(told))) == speakers({"about": {"speaker": told}})


def test_stations_have_states_and_districts() -> None:
    told = regions(
        ({"station": "AIR Patna"}, 2.0),
        ({"station": "darbhanga"}, 1.0),
        ({"station": "All India Radio, Bangalore"}, 1.0),
        ({"station": "Radio Nowhere"}, 0.5),
        ({}, 0.25),
    )
    assert told["hours"] == {"Bihar": 3.0, "Karnataka": 1.0}
    assert told["districts"] == {"Patna, Bihar": 2.0, "Bengaluru Urban, Karnataka": 1.0, "Darbhanga, Bihar": 1.0}
    assert (told["unknown_stations"], told["hours_unknown"]) == ({"Radio Nowhere": 0.5}, 0.25)


def test_the_catalogues_own_column_goes_first() -> None:
    told = regions(
        ({"state": "UP", "station": "Patna"}, 1.0),
        ({"region": "uttar pradesh", "station": "Lucknow"}, 2.0),
        ({"state": "", "region": "Mithila"}, 1.0),
        ({"state": "Orissa"}, 1.0),
    )
    assert told["hours"] == {"Uttar Pradesh": 3.0, "Mithila": 1.0, "Odisha": 1.0}
    assert told["districts"] == {"Lucknow, Uttar Pradesh": 2.0}, "Patna is in no district of another state"


def test_ones_own_stations_go_before_those_that_are_shipped(tmp_path: Path) -> None:
    path = tmp_path / "own.tsv"
    path.write_text("# mine\n\nstation\tRadio Nowhere|nowhere fm\tSikkim\nstation\tPatna\tPunjab\tPatiala\nstate\tMB\tMithila\n")
    own = load([path])
    told = regions(({"station": "Nowhere FM"}, 1.0), ({"station": "Patna"}, 2.0), ({"state": "mb"}, 4.0), own=own)
    assert told["hours"] == {"Mithila": 4.0, "Punjab": 2.0, "Sikkim": 1.0}
    assert told["districts"] == {"Patiala, Punjab": 2.0}


def test_shipped_stations_lie_in_states_that_there_are() -> None:
    stations, states = shipped("stations").stations, set(shipped("states").states.values())
    assert len(states) == 36
    assert len(stations) > 200
    assert {state for state, _ in stations.values()} <= states


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Place\tपटना\tPatna", "'Place' is no kind"),
        ("place\tपटना", "2 columns"),
        ("place\tपटना\t", "an empty one"),
        ("place\tपटना\tPatna\tBihar", "4 columns"),
        ("station\tPatna\tBihar\tPatna\tmore", "5 columns"),
        ("place\tपटना||गया\tPatna", "without a letter"),
        ("पटना", "no kind"),
    ],
)
def test_a_line_of_another_form_is_told_by_its_number(tmp_path: Path, line: str, told: str) -> None:
    path = tmp_path / "own.tsv"
    path.write_text(f"# names\nplace\tगया\tGaya\n{line}\n", encoding="utf8")
    with pytest.raises(InputError, match=r"own\.tsv, line 3: ") as error:
        load([path])
    assert told in error.value.message and "place TAB" in error.value.advice


def test_a_list_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load([tmp_path / "none.tsv"])
    (tmp_path / "own.tsv").write_bytes(b"place\t\xff\xfe\tx\n")
    with pytest.raises(InputError, match="no UTF-8"):
        load([tmp_path / "own.tsv"])
