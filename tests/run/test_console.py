"""What is piped is wrapped nowhere."""

import subprocess
import sys

from chaos.run.console import lines_of

LONG = "word " * 200
PRINT = f"""
from rich.table import Table
from chaos.run.console import result_console
table = Table("a", "b")
table.add_row({LONG!r}, "end")
result_console().print(table)
result_console().print({LONG!r})
"""


def test_a_table_and_a_text_that_are_piped_keep_their_lines_whole_whatever_columns_the_environment_has() -> None:
    said = subprocess.run(
        [sys.executable, "-c", PRINT], capture_output=True, text=True, env={"COLUMNS": "40"}, check=True, timeout=60
    ).stdout
    assert [line.count("word") for line in said.splitlines() if "word" in line] == [200, 200]
    assert said.splitlines()[1] == f"{LONG}   end", "no frame, and no blanks"


def test_rows_are_told_below_one_another_and_a_long_cell_pushes_only_what_follows_it_in_its_row() -> None:
    rows = [("clause", "says", "held"), ("CTI-01", "x" * 100, "yes"), ("IPPA-1", "short", ""), ("", "", "no")]
    head, long, short, more = lines_of(rows)
    assert long == f"CTI-01   {'x' * 100}   yes"
    assert short == "IPPA-1   short", "no blanks at the end"
    assert head.index("held") == more.index("no") < 60
