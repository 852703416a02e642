"""References and subscriber numbers survive people."""

from contextlib import suppress
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.iso7064 import mod_97_10

from subscriptions.references import (
    ALPHABET,
    NotAReference,
    new_reference,
    read_reference,
    read_subscriber_number,
    subscriber_number,
)

SEEDS = st.integers(min_value=0, max_value=10**9)
IDS = st.integers(min_value=1, max_value=99_999_999)


def test_a_reference_is_short_and_grouped() -> None:
    assert new_reference("CMD", Random(1)) == "CMD-4R2-83K-JK3"
    assert read_reference("CMD-4R2-83K-JK3") == "CMD-4R2-83K-JK3"


def test_the_alphabet_has_no_look_alikes() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 23
    for pair in ("0O", "0Q", "0D", "1I", "1L", "2Z", "5S", "6G", "8B", "EF", "MN", "UV"):
        assert len(set(pair) & set(ALPHABET)) <= 1


@pytest.mark.parametrize(
    "typed",
    [
        "cmd-4r2-83k-jk3",
        "CMD 4R2 83K JK3",
        " CMD4R283KJK3 ",
        "CMD–4R2–83K–JK3",
        "CMD.4R2.83K.JK3",
        "Cmd-4RZ-B3K-JK3",  # 2 read as Z, 8 as B
        "« CMD-4R2-83K-JK3 »",
    ],
)
def test_a_reference_is_found_however_it_is_written(typed: str) -> None:
    assert read_reference(typed) == "CMD-4R2-83K-JK3"
    assert read_reference(typed, prefix="CMD") == "CMD-4R2-83K-JK3"


def test_the_prefix_may_be_left_out_or_misread_where_it_is_known() -> None:
    assert read_reference("4R2 83K JK3", prefix="CMD") == "CMD-4R2-83K-JK3"
    assert read_reference("CM0-4R2-83K-JK3", prefix="CMD") == "CMD-4R2-83K-JK3"
    with pytest.raises(NotAReference):
        read_reference("4R2 83K JK3")
    with pytest.raises(NotAReference):
        read_reference("ABO-4R2-83K-JK3", prefix="CMD")


@pytest.mark.parametrize("typed", ["", "CMD", "CMDE-CMD-4R2-83K-JK3", "12-4R2-83K-JK3", "4R283KJK3", "é", "jean@x.fr"])
def test_what_is_no_reference_gets_an_example(typed: str) -> None:
    with pytest.raises(NotAReference) as caught:
        read_reference(typed)
    assert caught.value.code == "reference_form"
    example = caught.value.messages[0].split()[-1].rstrip(".")
    assert read_reference(example) == example


@pytest.mark.parametrize(
    "typed", ["CMD-4R2-83K-JK4", "CMD-4R3-83K-JK3", "CMD-R42-83K-JK3", "CMD-4R2-83K-JK", "CMD-4V2-83K-JK3"]
)
def test_a_slip_is_said_to_be_one(typed: str) -> None:
    with pytest.raises(NotAReference) as caught:
        read_reference(typed)
    assert caught.value.code == "reference_check"


@given(SEEDS, st.sampled_from(["C", "CMD", "ABO", "RETR"]))
def test_every_new_reference_reads_back(seed: int, prefix: str) -> None:
    reference = new_reference(prefix, Random(seed))
    assert read_reference(reference) == reference
    assert read_reference(reference, prefix=prefix) == reference
    misread = reference.removeprefix(prefix).translate(str.maketrans("0125688EM", "OIZSGBBFN"))
    assert read_reference(misread.lower(), prefix=prefix) == reference


@given(SEEDS, st.integers(min_value=0, max_value=8), st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_seen(seed: int, place: int, character: str) -> None:
    code = list(new_reference("CMD", Random(seed)).replace("-", "")[3:])
    assume(code[place] != character)
    code[place] = character
    with pytest.raises(NotAReference):
        read_reference("CMD" + "".join(code))


@given(SEEDS, st.integers(min_value=0, max_value=7))
def test_two_swapped_neighbours_are_seen(seed: int, place: int) -> None:
    code = list(new_reference("CMD", Random(seed)).replace("-", "")[3:])
    assume(code[place] != code[place + 1])
    code[place], code[place + 1] = code[place + 1], code[place]
    with pytest.raises(NotAReference):
        read_reference("CMD" + "".join(code))


def test_ten_thousand_references_are_ten_thousand() -> None:
    random = Random(2)
    assert len({new_reference("CMD", random) for _count in range(10_000)}) == 10_000


@pytest.mark.parametrize("prefix", ["", "cmd", "CMDES", "C1", "É"])
def test_a_prefix_is_one_to_four_capitals(prefix: str) -> None:
    with pytest.raises(ValueError, match="capital"):
        new_reference(prefix, Random(1))


@pytest.mark.parametrize(
    ("number", "printed"),
    [(1, "00000195"), (42, "00004269"), (123_456, "12345676"), (1_234_567, "123456751"), (99_999_999, "9999999952")],
)
def test_subscriber_numbers(number: int, printed: str) -> None:
    assert subscriber_number(number) == printed
    assert read_subscriber_number(printed) == number


@given(IDS)
def test_a_subscriber_number_fits_the_label_and_checks_by_the_standard(number: int) -> None:
    printed = subscriber_number(number)
    assert printed.isdigit()
    assert 8 <= len(printed) <= 10
    assert mod_97_10.validate(printed) == printed
    assert read_subscriber_number(printed) == number


def test_subscriber_numbers_are_unique_and_rise() -> None:
    printed = [subscriber_number(number) for number in range(1, 5000)]
    assert all(before < after for before, after in pairwise(printed))


@pytest.mark.parametrize("typed", ["0000 0195", " 00000195 ", "OOOOO195", "oooooi9s", "000-001-95"])
def test_a_subscriber_number_is_read_however_it_is_written(typed: str) -> None:
    assert read_subscriber_number(typed) == 1


@pytest.mark.parametrize(
    "typed", ["", "195", "00000196", "00000159", "00000097", "000000195", "00000195000", "abc", "²"]
)
def test_what_is_no_subscriber_number_gets_a_sentence(typed: str) -> None:
    with pytest.raises(NotAReference) as caught:
        read_subscriber_number(typed)
    assert caught.value.code == "subscriber_number"


@given(IDS, st.integers(min_value=0, max_value=9), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_of_a_subscriber_number_is_seen(number: int, place: int, shift: int) -> None:
    printed = subscriber_number(number)
    assume(place < len(printed))
    wrong = printed[:place] + str((int(printed[place]) + shift) % 10) + printed[place + 1 :]
    with pytest.raises(NotAReference):
        read_subscriber_number(wrong)


@given(IDS, st.integers(min_value=0, max_value=8))
def test_two_swapped_digits_of_a_subscriber_number_are_seen(number: int, place: int) -> None:
    printed = subscriber_number(number)
    assume(place + 1 < len(printed) and printed[place] != printed[place + 1])
    swapped = printed[:place] + printed[place + 1] + printed[place] + printed[place + 2 :]
    with pytest.raises(NotAReference):
        read_subscriber_number(swapped)


@pytest.mark.parametrize("number", [0, -1, 100_000_000])
def test_ids_outside_the_label_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="99,999,999"):
        subscriber_number(number)


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading(text: str) -> None:
    for read in (read_reference, read_subscriber_number):
        with suppress(NotAReference):
            read(text)
