"""What is piped is wrapped nowhere."""

import subprocess
import sys

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
