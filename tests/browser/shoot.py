"""Take pictures of a notebook as HTML in headless Chromium, light and dark, and print what is wrong as JSON.

    python tests/browser/shoot.py CHROMIUM PAGE PICTURES

PAGE is a file; nothing is fetched.  The pictures are as high as a large screen: NAME-light-0.png and so on.
"""

import json
import os
import sys

from playwright.sync_api import sync_playwright

WIDTH, HEIGHT = 1000, 1500
PATIENCE = 1800  # seconds: the machine may be busy
LOOK = """() => ({
  wide: [...document.querySelectorAll('.jp-Cell, img, table')]
    .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
    .map(e => e.tagName + ' ' + (e.id || e.className)),
  broken: [...document.images].filter(e => !e.naturalWidth).length,
  pictures: document.querySelectorAll('.jp-OutputArea-output img').length,
  height: document.documentElement.scrollHeight,
})"""


def main():
    chromium, page, pictures = sys.argv[1:]
    name = os.path.splitext(os.path.basename(page))[0]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for theme in ("light", "dark"):
            tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme=theme)
            tab.set_default_timeout(1000 * PATIENCE)
            tab.route("http*://**", lambda route: route.abort())
            tab.goto("file://%s" % os.path.abspath(page.replace(".html", "-%s.html" % theme)))
            found = tab.evaluate(LOOK)
            for number in range(-(-found["height"] // HEIGHT)):
                tab.evaluate("y => window.scrollTo(0, y)", number * HEIGHT)
                tab.screenshot(path=os.path.join(pictures, "%s-%s-%d.png" % (name, theme, number)))
        browser.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
