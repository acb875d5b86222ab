"""The page as trackers are told it: the leaderboard, without cases, paths and the command. Pure."""

from bench.report.compiled import Compiled
from bench.report.leaderboard import about
from bench.report.page import html_of
from bench.report.sections import limits_section
from reports import Leaderboard
from reports.page.answer import answer
from reports.page.board_sections import board_sections
from reports.page.overview import overview
from reports.page.part import Page, in_order
from reports.page.plain_words import plain_words


def told_page(board: Leaderboard, compiled: Compiled) -> str:
    """HTML with no script that asks a network."""
    stored = compiled.stored
    page = Page(
        title="Report",
        subtitle=about(stored),
        lead=answer(board),
        sections=in_order(
            [
                *board_sections(board),
                limits_section(stored, board),
            ]
        ),
        said=plain_words(board),
        picture=overview(board),
    )
    return html_of(page)
