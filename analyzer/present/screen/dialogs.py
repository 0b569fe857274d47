"""What opens above the screen: a choice of one, a choice of some, the help."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip

from analyzer.present.paper import Line
from analyzer.present.screen.keys import Key, explained
from analyzer.present.screen.lines import Bar, LinesView
from analyzer.present.screen.strips import strip

DIALOG = """
{name} {{ align: center middle; }}
{name} > Vertical {{ width: {width}; max-width: 100%; height: auto; max-height: 100%;
                     border: round $foreground; padding: 0; }}
"""


class Choices(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines of which one is lit."""

    DEFAULT_CSS = "Choices { width: 1fr; height: auto; overflow-x: hidden; scrollbar-size-vertical: 1; }"

    def __init__(self, draw: Callable[[int], Line], count: int, lit: int = 0) -> None:
        super().__init__()
        self._draw = draw
        self._count = count
        self.lit = lit

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._count

    def on_mount(self) -> None:
        self.virtual_size = Size(1, self._count)

    def on_resize(self) -> None:
        self.step(0)

    def step(self, by: int) -> None:
        """Light the line so many below."""
        self.lit = max(0, min(self.lit + by, self._count - 1))
        top, height = int(self.scroll_offset.y), max(1, self.size.height)
        self.scroll_to(y=max(min(top, self.lit), self.lit - height + 1), animate=False, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        place = y + int(self.scroll_offset.y)
        line = self._draw(place) if place < self._count else []
        return strip(
            line, self.scrollable_content_region.width, self.visual_style.rich_style, place == self.lit
        )


class OrderDialog(ModalScreen["str | None"]):
    """Which order; what is lit when Enter comes."""

    DEFAULT_CSS = DIALOG.format(name="OrderDialog", width=82)
    BINDINGS = [
        Binding("up,k", "step(-1)"),
        Binding("down,j", "step(1)"),
        Binding("enter,space", "choose"),
        Binding("escape,q,s", "dismiss(None)"),
    ]

    def __init__(self, sorts: dict[str, str], now: str) -> None:
        super().__init__()
        self._sorts = list(sorts.items())
        self._now = now

    def compose(self) -> ComposeResult:
        lit = [name for name, _ in self._sorts].index(self._now)
        hint: Line = [("Enter", "title"), (" chooses  ", "faint"), ("Esc", "title"), (" leaves it", "faint")]
        with Vertical():
            yield Bar(lambda width: [[("In which order", "title")], []], "title")
            yield Choices(self._line, len(self._sorts), lit)
            yield Bar(lambda width: [[], hint], "hint")

    def _line(self, place: int) -> Line:
        name, meaning = self._sorts[place]
        sign = "●" if name == self._now else " "
        return [(f"{sign} ", "good"), (meaning, "")]

    def action_step(self, by: int) -> None:
        self.query_one(Choices).step(by)

    def action_choose(self) -> None:
        self.dismiss(self._sorts[self.query_one(Choices).lit][0])


class FilterDialog(ModalScreen["frozenset[int] | None"]):
    """Which verdicts; none chosen means all."""

    DEFAULT_CSS = DIALOG.format(name="FilterDialog", width=62)
    BINDINGS = [
        Binding("up,k", "step(-1)"),
        Binding("down,j", "step(1)"),
        Binding("space", "mark"),
        Binding("a", "all"),
        Binding("p", "problems"),
        Binding("enter", "choose"),
        Binding("escape,q,f", "dismiss(None)"),
    ]

    def __init__(self, lines: dict[int, Line], problems: frozenset[int], now: frozenset[int]) -> None:
        """lines: of each verdict code, in order. problems: the codes that `p` chooses."""
        super().__init__()
        self._codes = list(lines)
        self._lines = lines
        self._problems = problems
        self._chosen = set(now)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Bar(lambda width: [[("Which verdicts (none: all)", "title")], []], "title")
            yield Choices(self._line, len(self._codes))
            yield Bar(lambda width: [[], *self._hint()], "hint")

    def _hint(self) -> Sequence[Line]:
        words = (
            ("Space", "marks"),
            ("p", "problems"),
            ("a", "all"),
            ("Enter", "shows"),
            ("Esc", "leaves it"),
        )
        return [[span for key, word in words for span in ((key, "title"), (f" {word}  ", "faint"))]]

    def _line(self, place: int) -> Line:
        code = self._codes[place]
        return [("[x] " if code in self._chosen else "[ ] ", ""), *self._lines[code]]

    def action_step(self, by: int) -> None:
        self.query_one(Choices).step(by)

    def action_mark(self) -> None:
        self._chosen ^= {self._codes[self.query_one(Choices).lit]}
        self.query_one(Choices).step(1)

    def action_all(self) -> None:
        self._choose(frozenset())

    def action_problems(self) -> None:
        self._choose(self._problems)

    def _choose(self, codes: frozenset[int]) -> None:
        self._chosen = set(codes)
        self.query_one(Choices).refresh()

    def action_choose(self) -> None:
        self.dismiss(frozenset(self._chosen))


class Help(ModalScreen[None]):
    """The keys and the columns."""

    DEFAULT_CSS = DIALOG.format(name="Help", width=78) + "Help > Vertical { height: 100%; max-height: 32; }"
    BINDINGS = [
        Binding("up,k", "step(-1)"),
        Binding("down,j", "step(1)"),
        Binding("escape,q,question_mark,f1,enter", "dismiss"),
    ]

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        with Vertical():
            yield LinesView()

    def on_resize(self) -> None:
        view = self.query_one(LinesView)
        view.show([[("Keys", "title")], *explained(self._keys, view.scrollable_content_region.width or 70)])

    def action_step(self, by: int) -> None:
        self.query_one(LinesView).scroll_relative(y=by, animate=False)
