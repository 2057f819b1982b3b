"""Reads our reports with the libraries of others and prints what they see, as JSON.

    read_reports.py FOLDER      the folder holds report.xml, report.jsonld and report.md
"""

import json
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import cmarkgfm
from junitparser import Error, Failure, JUnitXml, Skipped
from rdflib import Graph, Namespace, RDF


def junit(path):
    """Suites, and of each case its name and the word of its result."""
    words = {Failure: "failure", Error: "error", Skipped: "skipped"}
    report = JUnitXml.fromfile(str(path))
    cases = []
    for suite in report:
        for case in suite:
            kinds = [words[type(result)] for result in case.result]
            cases.append([case.classname, case.name, kinds[0] if kinds else "passed"])
    return {"cases": cases, "suites": [suite.name for suite in report]}


def earl(path):
    """Assertions by outcome, after the JSON-LD has become triples; what an assertion lacks."""
    ns = Namespace("http://www.w3.org/ns/earl#")
    graph = Graph().parse(str(path), format="json-ld")
    outcomes = Counter()
    lacking = []
    for assertion in graph.subjects(RDF.type, ns.Assertion):
        for name in (ns.assertedBy, ns.subject, ns.test, ns.mode, ns.result):
            if graph.value(assertion, name) is None:
                lacking.append(f"{assertion} {name}")
        result = graph.value(assertion, ns.result)
        outcomes[str(graph.value(result, ns.outcome)).split("#")[1]] += 1
    waived = [str(text) for _, _, text in graph.triples((None, None, None)) if str(_) == "urn:carinbb:waived"]
    return {"outcomes": outcomes, "lacking": lacking, "triples": len(graph), "waived": waived,
            "criteria": len(set(graph.subjects(RDF.type, ns.TestCriterion)))}


class Tags(HTMLParser):
    """Counts elements and collects where links lead to."""

    def __init__(self):
        super().__init__()
        self.tags = Counter()
        self.links = []

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.links += [value for name, value in attrs if name in ("href", "src")]


def markdown(path):
    """What GitHub's own renderer makes of it, raw HTML let through as GitHub lets it."""
    html = cmarkgfm.github_flavored_markdown_to_html(path.read_text(encoding="utf-8"), options=cmarkgfm.Options.CMARK_OPT_UNSAFE)
    tags = Tags()
    tags.feed(html)
    return {"tags": tags.tags, "links": tags.links}


def main():
    folder = Path(sys.argv[1])
    print(json.dumps({
        "junit": junit(folder / "report.xml"),
        "earl": earl(folder / "report.jsonld"),
        "markdown": markdown(folder / "report.md"),
    }))


if __name__ == "__main__":
    main()
