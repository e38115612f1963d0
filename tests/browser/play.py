"""Play with a notebook in headless Chromium as a reader would, and print what happened as JSON.

    python tests/browser/play.py CHROMIUM ADDRESS NOTEBOOK PICTURES

ADDRESS is that of a JupyterLab which exposes its application to the page; PICTURES a folder for screenshots.  Runs on
a Python that has Playwright.  A notebook's own play is a function of its name; the others are run from top to bottom.
"""

import json
import os
import sys
import time

from playwright.sync_api import Error, sync_playwright

PATIENCE = 1800  # seconds: the machine may be busy
PROMPTS = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
  return cells.filter(cell => cell.cell_type == 'code').map(cell => cell.execution_count);
}"""
FAILURES = """() => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
  return cells.filter(cell => cell.cell_type == 'code').flatMap(cell => cell.outputs)
    .filter(output => output.output_type == 'error').map(output => output.ename + ': ' + output.evalue);
}"""
STATUS = "() => window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status || 'none'"


class Page:
    """One notebook in one tab."""

    def __init__(self, browser, address, notebook, pictures):
        self.tab = browser.new_page(viewport={"width": 1300, "height": 1000})
        self.tab.set_default_timeout(1000 * PATIENCE)
        self.name, self.pictures = os.path.basename(notebook)[:-6], pictures
        self.problems = []
        self.tab.on("pageerror", lambda error: self.problems.append(str(error)))
        self.tab.goto("%s/lab/tree/%s?reset" % (address, notebook))
        self.tab.wait_for_selector(".jp-Notebook .jp-CodeCell")
        self.wait(lambda: self.tab.evaluate(STATUS) == "idle")

    def wait(self, ready):
        """Wait until ``ready()`` is true; TimeoutError when it never is."""
        end = time.time() + PATIENCE
        while not ready():
            if time.time() > end:
                self.picture("timeout")
                raise TimeoutError("%s: waited too long" % self.name)
            self.tab.wait_for_timeout(200)

    def command(self, name):
        """Run one of JupyterLab's commands, as its menus do."""
        self.tab.evaluate("name => { window.jupyterapp.commands.execute(name) }", name)

    def run_all(self):
        """Run > Run All Cells, until the kernel rests."""
        self.command("notebook:run-all-cells")
        self.wait(lambda: self.tab.evaluate(STATUS) == "busy")
        self.wait(self.rests)

    def rests(self):
        """Whether all cells have been run and none is running; RuntimeError when one failed, for none follows it."""
        failures = self.tab.evaluate(FAILURES)
        if failures:
            self.picture("failed")
            raise RuntimeError("%s: %s" % (self.name, "; ".join(failures)))
        return all(self.prompts()) and self.tab.evaluate(STATUS) == "idle"

    def prompts(self):
        return self.tab.evaluate(PROMPTS)

    def errors(self):
        """Names of the errors that cells ended with."""
        return self.tab.locator(
            ".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']"
        ).all_inner_texts()

    def walk_through(self):
        """Look at the whole page, a screen at a time; gives how many of its pictures are broken."""
        for number, cell in enumerate(self.tab.locator(".jp-Notebook .jp-Cell").all()):
            cell.scroll_into_view_if_needed()
            if cell.locator(".jp-OutputArea-output img").count():
                cell.locator(".jp-OutputArea-output img").last.scroll_into_view_if_needed()
                self.picture("cell-%02d" % number)
        shown = self.tab.locator(".jp-OutputArea-output img:visible").evaluate_all(
            "all => all.map(e => e.naturalWidth)"
        )
        return sum(width == 0 for width in shown)

    def find(self, selector):
        """The first element for ``selector``, scrolled to."""
        element = self.tab.locator(selector).first
        while True:
            element.wait_for(state="attached")
            try:
                element.scroll_into_view_if_needed()
                return element
            except Error as reason:  # what is redrawn in this moment is another element a moment later
                if "not attached" not in str(reason):
                    raise

    def picture(self, name):
        """Keep a screenshot."""
        self.tab.screenshot(path=os.path.join(self.pictures, "%s-%s.png" % (self.name, name)))

    def image(self):
        """The address of the picture that the notebook's widget shows; it is another one for each picture."""
        shown = self.tab.locator("img.widget-image:visible")
        return shown.first.get_attribute("src") if shown.count() else None

    def changes(self, act):
        """Whether the widget's picture becomes another one after ``act()``."""
        before = self.image()
        act()
        self.wait(lambda: self.image() not in (None, before))
        return True


def play_1_method(page):
    """Run all, drag the slider, sample again."""
    page.run_all()
    handle = page.find(".widget-slider .noUi-handle, .widget-slider .ui-slider-handle")
    readout = page.find(".widget-slider .widget-readout, .widget-readout")
    page.picture("1-start")
    told = [readout.inner_text()]

    def drag():
        box = handle.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.tab.mouse.move(x, y)
        page.tab.mouse.down()
        page.tab.mouse.move(x + 400, y, steps=8)
        page.tab.mouse.up()

    moved = page.changes(drag)
    told.append(readout.inner_text())
    page.picture("2-slider-moved")
    sampled = page.changes(lambda: page.find("button:has-text('sample again')").click())
    page.picture("3-sampled-again")
    return dict(told=told, moved=moved, sampled=sampled)


def play_3_pretraining(page):
    """Interrupt the training in the midst of Run All; then start, stop and go on with the buttons."""
    page.command("notebook:run-all-cells")
    page.find("text=To stop, press the notebook's own")  # the first training has taken a step
    page.picture("1-training")
    page.tab.locator("button[title*='nterrupt']").first.click()
    page.wait(page.rests)
    page.picture("2-interrupted")
    start, stop = page.find("button:has-text('start')"), page.find("button:has-text('stop')")
    start.click()
    page.wait(lambda: page.image() and not stop.is_disabled())
    page.picture("3-buttons-training")
    stop.click()
    resume = page.find("button:has-text('go on')")
    page.wait(lambda: not resume.is_disabled())
    page.picture("4-buttons-stopped")
    stopped = page.tab.locator(".widget-vbox").last.inner_text()
    resume.click()
    again = page.find("button:has-text('look again')")
    page.wait(lambda: not again.is_disabled())
    again.scroll_into_view_if_needed()
    page.picture("5-buttons-finished")
    frame = page.find("iframe[id^='tensorboard-frame']")
    frame.content_frame.locator("text=disc_loss").first.wait_for()
    page.picture("6-tensorboard")
    return dict(stopped=stopped)


def play_5_discriminator(page):
    """Run all, type a sentence, press a word."""
    page.run_all()
    box = page.find(".widget-text input")
    page.picture("1-start")

    def type_sentence():
        box.fill("Los perros están cantando")
        box.press("Enter")

    typed = page.changes(type_sentence)
    page.picture("2-typed")
    words = page.tab.locator(".widget-hbox button")
    page.wait(lambda: words.all_inner_texts() == box.input_value().split())  # they come after the picture
    said = words.all_inner_texts()
    swapped = page.changes(lambda: page.find(".widget-hbox button:has-text('cantando')").click())
    page.picture("3-word-pressed")
    return dict(typed=typed, words=said, swapped=swapped, sentence=box.input_value())


def main():
    chromium, address, notebook, pictures = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = Page(browser, address, notebook, pictures)
        play = globals().get("play_" + page.name, lambda page: page.run_all() or {})
        said = dict(play(page), prompts=page.prompts(), errors=page.errors(), problems=page.problems)
        said["broken"] = page.walk_through()
        page.command("docmanager:save")
        page.wait(lambda: not page.tab.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.dirty"))
        browser.close()
    print(json.dumps(said))


if __name__ == "__main__":
    main()
