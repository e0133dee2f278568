"""The one window: shows the page of a screen, and hands keys of a keyboard to it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from kiosk.flows import screens
from kiosk.flows.events import Event
from kiosk.flows.screens import Screen
from kiosk.ui.components.front import TALL_FRONT, WIDE_FRONT, MachineFront
from kiosk.ui.components.press import Button
from kiosk.ui.pages.identify import IdentifyPage
from kiosk.ui.pages.out_of_service import OutOfServicePage
from kiosk.ui.pages.page import Page
from kiosk.ui.pages.pay import PayPage
from kiosk.ui.pages.recovering import RecoveringPage
from kiosk.ui.pages.result import ResultPage
from kiosk.ui.pages.resume import ResumePage
from kiosk.ui.pages.review import ReviewPage
from kiosk.ui.pages.slip_refused import SlipRefusedPage
from kiosk.ui.pages.start import StartPage
from kiosk.ui.pages.still_there import StillTherePage
from kiosk.ui.pages.take import TakePage
from kiosk.ui.pages.wait import WaitPage
from kiosk.ui.theme import DAY, Colours, Panel, Theme

PAGES: dict[type[Screen], type[Page[Any]]] = {
    screens.StartScreen: StartPage,
    screens.IdentifyScreen: IdentifyPage,
    screens.WaitScreen: WaitPage,
    screens.SlipRefusedScreen: SlipRefusedPage,
    screens.ReviewScreen: ReviewPage,
    screens.PayScreen: PayPage,
    screens.ResultScreen: ResultPage,
    screens.TakeScreen: TakePage,
    screens.ResumeScreen: ResumePage,
    screens.StillThereScreen: StillTherePage,
    screens.OutOfServiceScreen: OutOfServicePage,
    screens.RecoveringScreen: RecoveringPage,
}
"""Each screen has exactly one page."""

_KEYS_FORWARD = {Qt.Key.Key_Return, Qt.Key.Key_Enter}


class Window(QWidget):
    """Full screen on the panel, or of the panel's size on a desk.

    `post` takes what the customer does; `now` gives civil time for the clock; `front` is what the front of
    this terminal looks like (by default: a usual one for the panel's shape).
    """

    def __init__(
        self,
        panel: Panel,
        post: Callable[[Event], None],
        now: Callable[[], datetime],
        *,
        front: MachineFront | None = None,
        colours: Colours = DAY,
    ) -> None:
        super().__init__()
        self.theme = Theme(panel, colours)
        self._post = post
        self._now = now
        self._front = front or (TALL_FRONT if panel.tall else WIDE_FRONT)
        self._screen: Screen | None = None
        self._pages: dict[type[Screen], Page[Any]] = {}
        self._stack = QStackedWidget(self)
        self._paint_ground()
        self.resize(panel.width_px, panel.height_px)
        self._stack.setGeometry(self.rect())
        self.setMinimumSize(1, 1)

    @property
    def screen_shown(self) -> Screen | None:
        """The screen that is shown now."""
        return self._screen

    def open(self, *, full_screen: bool) -> None:
        """Appear: over the whole panel, or in a window of exactly the panel's size."""
        if full_screen:
            self.setCursor(Qt.CursorShape.BlankCursor)
            self.showFullScreen()
        else:
            self.setFixedSize(self.theme.panel.width_px, self.theme.panel.height_px)
            self.show()

    def show_screen(self, screen: Screen) -> None:
        """Show this screen on its page. To be called in the thread of the window."""
        page = self._page_for(type(screen))
        before = self._stack.currentWidget()
        if before is not page and not isinstance(before, StillTherePage):
            page.arrive()
        self._screen = screen
        page.show_value(screen)
        self._stack.setCurrentWidget(page)
        if before is not page:
            self._leave_focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 Qt's name
        """Give a key of a keyboard or keypad to the page; a focused button takes Enter for itself."""
        page = self._stack.currentWidget()
        if not isinstance(page, Page):
            return
        focused = self.focusWidget()
        if event.key() in _KEYS_FORWARD and not event.isAutoRepeat():
            if isinstance(focused, Button) and focused.isVisible():
                focused.click()
            else:
                page.forward()
        elif event.key() == Qt.Key.Key_Escape and not event.isAutoRepeat():
            page.backward()
        elif event.key() == Qt.Key.Key_Backspace:
            page.erase()
        elif event.text().isprintable() and event.text():
            page.typed(event.text())

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 Qt's name
        """Another language: all pages are made anew, the screen stays."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "_pages"):
            self._forget_pages()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 Qt's name
        """A full-screen terminal is not closed by its customer."""
        if self.isFullScreen() and event.spontaneous():
            event.ignore()

    def resizeEvent(self, _event: QResizeEvent) -> None:  # noqa: N802 Qt's name
        """The pages take the whole window."""
        self._stack.setGeometry(self.rect())

    def _page_for(self, kind: type[Screen]) -> Page[Any]:
        """The page of this kind of screen, made when it is first needed."""
        if kind not in self._pages:
            page = PAGES[kind](self._stack, self.theme, self._post, self._front)
            if isinstance(page, StartPage):
                page.now = self._now
            self._pages[kind] = page
            page.resize(self._stack.size())  # at once: text is not fitted into a size that Qt starts with
            self._stack.addWidget(page)
        return self._pages[kind]

    def _forget_pages(self) -> None:
        for page in self._pages.values():
            self._stack.removeWidget(page)
            page.deleteLater()
        self._pages = {}
        if self._screen is not None:
            self.show_screen(self._screen)

    def _leave_focus(self) -> None:
        """No button has the focus until somebody moves it with a keyboard."""
        focused = self.focusWidget()
        if focused is not None:
            focused.clearFocus()

    def _paint_ground(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, self.theme.colour("paper"))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
