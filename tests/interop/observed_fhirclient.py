"""SMART's Python client as an app under observation: one launch, reads, two refreshes. The library does the rest."""

from client_fhirclient import launch, read
from member import expect, main, of_kind


def script(known):
    member = of_kind(known["members"], "first")
    smart = launch(known, of_kind(known["clients"], "confidential"), member)
    read(smart, member)
    for _ in range(2):
        expect(smart.reauthorize(), "no refresh")
        read(smart, member)


main(script)
