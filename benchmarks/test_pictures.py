"""The page on speed shows what the committed results say, and a picture can be read by whoever opens it."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from benchmarks import pictures
from benchmarks.findings import Bar, Chapter, Goal, Group, shown, table

SVG = "{http://www.w3.org/2000/svg}"
CHAPTER = Chapter(
    "made-up",
    "Less & more <of it>",
    "`json.loads`",
    (
        Group(
            "one",
            (Bar("yardstick", "yardstick", 1, 10), Bar("us", "ours", 0.5, 5), Bar('a "rival"', "rival", 20, 200)),
            (Goal("us", 0.4, "a wish"), Goal("us", 0.6, "another")),
            "7 KB",
        ),
        Group("two", (Bar("us", "ours", 0.25, 2.5), Bar("them <there>", "apart", 4))),
    ),
)


def test_pictures_are_those_of_the_results():
    wanted = pictures.pictures()
    assert {path: path.read_text() for path in wanted} == wanted
    assert set(pictures.PICTURES.glob("*")) == wanted.keys()


def test_tables_are_those_of_the_results():
    text = pictures.PAGE.read_text()
    assert pictures.page(text) == text
    assert all(f"pictures/{path.name}" in text for path in pictures.pictures())


def test_another_result_makes_another_page_and_no_place_for_it_is_an_error():
    text = pictures.PAGE.read_text()
    changed = text.replace("| **kvnode** |", "| **kvnode!** |", 1)
    assert changed != text
    assert pictures.page(changed) == text
    with pytest.raises(ValueError, match="<!-- way -->"):
        pictures.page(text.replace("<!-- way -->", ""))


@pytest.mark.parametrize("theme", pictures.THEMES)
def test_a_picture_is_sound_xml_and_says_all_of_it(theme: str) -> None:
    root = ET.fromstring(pictures.picture(CHAPTER, pictures.THEMES[theme]))
    said = [text.text for text in root.iter(f"{SVG}text")]
    for words in ("Less & more <of it>", "one, 7 KB", "two", "us", 'a "rival"', "them <there>", "0.50", "20", "4.0"):
        assert words in said
    assert "yardstick" not in said, "it is the line at 1"
    assert root.findtext(f"{SVG}title") == "Less & more <of it>"
    assert "them <there> 4.0" in (root.findtext(f"{SVG}desc") or "")


def test_what_is_drawn_stays_in_the_picture_and_is_as_long_as_its_ratio():
    scale = pictures.Scale(CHAPTER)
    assert (scale.low, scale.high) == (-1, 2)
    root = ET.fromstring(pictures.picture(CHAPTER, pictures.THEMES["light"]))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    page, *bars = root.iter(f"{SVG}rect")
    assert (float(page.attrib["width"]), float(page.attrib["height"])) == (width, height)
    for bar in bars:
        assert 0 <= float(bar.attrib["x"]) < float(bar.attrib["x"]) + float(bar.attrib["width"]) < width
        assert 0 <= float(bar.attrib["y"]) < height
    lengths = [float(bar.attrib["width"]) for bar in bars[:4]]
    decade = (scale.x(100) - scale.x(0.1)) / 3
    # 0.5, 20, 0.25 and 4, of an axis that begins at 0.1.
    assert lengths == pytest.approx([0.699 * decade, 2.301 * decade, 0.398 * decade, 1.602 * decade], abs=0.2)


def test_a_table_has_a_row_for_each_candidate_and_says_what_is_missed():
    assert table(CHAPTER).splitlines() == [
        "| of `json.loads` | one, 7 KB | two |",
        "|---|---|---|",
        "| yardstick | 1.0 (10.0 µs) |  |",
        "| **us** | 0.50 (5.0 µs) | 0.25 (2.5 µs) |",
        '| a "rival" | 20 (200 µs) |  |',
        "| them <there> |  | 4.0 |",
        "",
        "- one: a wish, 0.40: **missed** by us with 0.50",
        "- one: another, 0.60: 0.50",
    ]


@pytest.mark.parametrize(
    ("number", "words"), [(0.04, "0.04"), (0.996, "1.00"), (1, "1.0"), (19.9, "19.9"), (20.4, "20"), (1234, "1,234")]
)
def test_a_number_has_two_or_three_digits(number: float, words: str) -> None:
    assert shown(number) == words
