"""A member with a browser: follows redirects, keeps cookies, fills in the forms, and stops at the app's redirect URI.

It shares no code with carinbb. Every surprise ends the script with 1 and one line that says what was met.
"""

import html.parser
import json
import os
import sys
import urllib.parse

import requests


class Surprise(Exception):
    """What an app would not have survived."""


def expect(holds, what):
    """Goes on only when it holds."""
    if not holds:
        raise Surprise(what)


class Forms(html.parser.HTMLParser):
    """The forms of a page: address, method, fields with their values, and buttons."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form":
            method = (given.get("method") or "get").lower()
            self.forms.append({"action": given.get("action") or "", "method": method, "fields": [], "buttons": []})
        if not self.forms or not given.get("name"):
            return
        pair = (given["name"], given.get("value") or "")
        kind = given.get("type") or ("submit" if tag == "button" else "text")
        if kind == "submit":
            self.forms[-1]["buttons"].append(pair)
        elif tag == "input" and (kind not in ("checkbox", "radio") or "checked" in given):
            self.forms[-1]["fields"].append(pair)


def approve(url, redirect_uri, username, password):
    """Signs in, allows everything, and returns the URL that the app is called back with."""
    browser = requests.Session()
    method, fields = "GET", None
    for _ in range(20):
        answer = browser.request(method, url, data=fields, allow_redirects=False, timeout=20)
        if answer.is_redirect:
            url = urllib.parse.urljoin(url, answer.headers["location"])
            if url.split("?")[0] == redirect_uri:
                return url
            method, fields = "GET", None
            continue
        expect(answer.status_code == 200, f"a page with status {answer.status_code} at {urllib.parse.urlsplit(url).path}")
        expect(answer.headers.get("content-type", "").startswith("text/html"), "a page that is not HTML")
        forms = Forms(answer.text).forms
        expect(len(forms) == 1, f"a page with {len(forms)} forms")
        form = forms[0]
        expect(form["method"] == "post", "a form that puts what is typed into the address")
        own = {"username": username, "password": password}
        fields = [(name, own.get(name, value)) for name, value in form["fields"]]
        # the first button is the one that the Enter key presses
        fields += form["buttons"][:1]
        url, method = urllib.parse.urljoin(url, form["action"]), "POST"
    raise Surprise("twenty pages and no end")


def known():
    """What `carinbb serve --credentials-out` wrote: the base, the apps and the members."""
    with open(sys.argv[1], encoding="utf-8") as file:
        return json.load(file)


def of_kind(entries, kind):
    """The app or member of this kind."""
    return next(entry for entry in entries if entry["kind"] == kind)


def main(script):
    """Runs the script; a surprise is one line and exit code 1."""
    expect("REQUESTS_CA_BUNDLE" in os.environ, "REQUESTS_CA_BUNDLE does not name the root")
    try:
        script(known())
    except Surprise as surprise:
        print(f"surprise: {surprise}", file=sys.stderr)
        sys.exit(1)
