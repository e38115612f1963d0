"""Tables show themselves as HTML and as text, and let no cell write HTML."""

import re

from helpers.plots.tables import Table


def test_a_table_in_both_forms():
    table = Table(["name", "value"], [["a<b", 1234567], ["π", 0.000123], ["-0", -0.0], ["on", True], ["none", None]])
    page = table._repr_html_()
    assert "a&lt;b" in page and 'text-align:right; white-space:nowrap">1,234,567' in page and page.count("<tr>") == 6
    heads = re.findall('<th style="text-align:([a-z]+)', page)
    assert heads == ["left", "right"]  # numbers are set flush right, and so is what stands over them
    assert str(table).splitlines() == [
        "name  value",
        "a<b   1,234,567",
        "π     0.000123",
        "-0    0",
        "on    true",
        "none",
    ]


def test_a_table_without_rows():
    assert Table(["a", "b"], [])._repr_html_().count("<th ") == 2


def test_a_long_cell_may_go_over_several_lines():
    """Else a preset's settings are wider than the page."""
    page = Table(["name", "value"], [["HPARAMS", "{'a': 1}, " * 9], ["SEED", 0]])._repr_html_()
    assert page.count("white-space:normal") == 1 and page.count("white-space:nowrap") == 5
