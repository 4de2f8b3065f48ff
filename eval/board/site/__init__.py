"""The leaderboard for people: a static site that needs no server, and a table in a terminal."""

from mesoinv.eval.board.site.howto import COMMANDS, HOW_TO_SUBMIT
from mesoinv.eval.board.site.terminal import board_json, print_board
from mesoinv.eval.board.site.write import write_site

__all__ = ["COMMANDS", "HOW_TO_SUBMIT", "board_json", "print_board", "write_site"]
