"""SMART's Python client as an app with a secret: launch, reads through its FHIR models, and refresh.

The models refuse resources that are not valid FHIR R4, so the reads look at the data too.
"""

import json

from fhirclient import client
from fhirclient.models.coverage import Coverage
from fhirclient.models.explanationofbenefit import ExplanationOfBenefit
from fhirclient.models.organization import Organization
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRUnauthorizedException

from member import approve, expect, main, of_kind

SCOPE = (
    "openid fhirUser offline_access patient/Patient.read patient/ExplanationOfBenefit.read patient/Coverage.read "
    "patient/Organization.read patient/Practitioner.read"
)


def read(smart, member):
    smart._patient = None
    expect(smart.patient.id == member["patient"], "another Patient")
    expect(smart.human_name(smart.patient.name[0]) != "Unknown", "a Patient without a name")
    found = ExplanationOfBenefit.where({"patient": member["patient"]}).perform_resources(smart.server)
    ids = sorted(resource.id for resource in found)
    expect(ids == sorted(member["resources"]["ExplanationOfBenefit"]), f"claims {ids}")
    for resource in found:
        again = ExplanationOfBenefit.read(resource.id, smart.server)
        expect(again.as_json() == resource.as_json(), "a read that differs from the search")
        insurer = resource.insurer.resolved(Organization)
        expect(insurer is not None and insurer.name, "an insurer that leads nowhere")
    covers = Coverage.where({"beneficiary": f"Patient/{member['patient']}"}).perform_resources(smart.server)
    expect([cover.id for cover in covers] == member["resources"]["Coverage"], "other Coverage")


def launch(known, app, member):
    """Launches, and takes the app's state through JSON as a web app's session store would."""
    saved = {}
    settings = {
        "app_id": app["client_id"],
        "app_secret": app.get("client_secret"),
        "api_base": known["base"],
        "redirect_uri": app["redirect_uri"],
        "scope": SCOPE,
    }
    smart = client.FHIRClient(settings=settings, save_func=lambda state: saved.update(json.loads(json.dumps(state))))
    expect(not smart.prepare(), "a server that needs no authorization")
    url = smart.authorize_url
    expect("code_challenge_method=S256" in url, "no PKCE")
    smart = client.FHIRClient(state=saved, save_func=lambda state: saved.update(json.loads(json.dumps(state))))
    smart.handle_callback(approve(url, app["redirect_uri"], member["username"], member["password"]))
    expect(smart.ready, "not ready after the launch")
    expect(smart.patient_id == member["patient"], "the patient of another member")
    return smart


def script(known):
    app = of_kind(known["clients"], "confidential")
    member = of_kind(known["members"], "first")
    smart = launch(known, app, member)
    read(smart, member)

    before = smart.server.auth.access_token
    expect(smart.reauthorize(), "no refresh")
    expect(smart.server.auth.access_token != before, "the same access token again")
    expect(smart.patient_id == member["patient"], "refreshed for another patient")
    read(smart, member)

    # A 401 makes the client refresh by itself.
    smart.server.auth.access_token = "no-such-token"
    read(smart, member)
    smart.server.auth.access_token = "no-such-token"
    try:
        Patient.read(member["patient"], smart.server)
    except FHIRUnauthorizedException:
        pass
    else:
        expect(False, "an invented token works")

    public = launch(known, of_kind(known["clients"], "public"), of_kind(known["members"], "second"))
    read(public, of_kind(known["members"], "second"))


if __name__ == "__main__":
    main(script)
