"""The report: Allure results and their HTML page, the timeline picture, the clause map."""

from chaos.report.allure import annotate, write_run_files
from chaos.report.explained import Explained, explained
from chaos.report.forms import junit, summary_schema
from chaos.report.front import floor_page, front_page
from chaos.report.html import build_html
from chaos.report.judged import Judged
from chaos.report.known import WaiverRow
from chaos.report.results import mark_known, redact_results
from chaos.report.summary import CellRow, ClauseRow, Summary, TestRow, print_map, summarize, write_summary
from chaos.report.timeline import timeline_svg
from chaos.report.timings import PlayedRow, RecoveryRow, TimingRow, recoveries
from chaos.report.tool import install_tool, tools_folder

__all__ = [
    "CellRow",
    "ClauseRow",
    "Explained",
    "Judged",
    "PlayedRow",
    "RecoveryRow",
    "Summary",
    "TestRow",
    "TimingRow",
    "WaiverRow",
    "annotate",
    "build_html",
    "explained",
    "floor_page",
    "front_page",
    "install_tool",
    "junit",
    "mark_known",
    "print_map",
    "recoveries",
    "redact_results",
    "summarize",
    "summary_schema",
    "timeline_svg",
    "tools_folder",
    "write_run_files",
    "write_summary",
]
