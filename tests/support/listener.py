"""A reporter for tests."""

from helpers.base.events import Reporter


class Listener(Reporter):
    """Keeps the messages that are said to the user instead of showing them."""

    def __init__(self):
        super().__init__(events=True)
        self.said = []

    def emit(self, event, **fields):
        if event == "message":
            self.said.append(fields["text"])
