"""A small FHIR server for the members of fixtures/members, which asks an authorization server about every token (RFC 7662).

Types by scope, resources by the member behind the token; reads and searches only.
"""

import base64
import json
import pathlib
import urllib.parse
import urllib.request

TYPES = ["Patient", "Coverage", "ExplanationOfBenefit", "Organization", "Practitioner"]


def members():
    """The resources of each member, by the id of the Patient."""
    found = {}
    for file in sorted((pathlib.Path(__file__).parents[2] / "fixtures/members").glob("*.json")):
        resources = [entry["resource"] for entry in json.loads(file.read_text(encoding="utf-8"))["entry"]]
        patient = next(resource["id"] for resource in resources if resource["resourceType"] == "Patient")
        found[patient] = resources
    return found


MEMBERS = members()


def introspect(endpoint, client, token, trust):
    """What the authorization server says of a token."""
    basic = base64.b64encode(f"{client['client_id']}:{client['client_secret']}".encode()).decode()
    body = urllib.parse.urlencode({"token": token}).encode()
    request = urllib.request.Request(endpoint, body, {"authorization": f"Basic {basic}"})
    with urllib.request.urlopen(request, timeout=20, context=trust) as answer:
        return json.load(answer)


def smart_configuration(origin):
    return {
        "issuer": f"{origin}/o",
        "jwks_uri": f"{origin}/o/.well-known/jwks.json",
        "authorization_endpoint": f"{origin}/o/authorize/",
        "token_endpoint": f"{origin}/o/token/",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "introspection_endpoint": f"{origin}/o/introspect/",
        "management_endpoint": f"{origin}/o/authorized_tokens/",
        "revocation_endpoint": f"{origin}/o/revoke_token/",
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "fhirUser", "launch/patient", "offline_access"]
        + [f"{context}/{kind}.read" for context in ("patient", "user") for kind in TYPES],
        "capabilities": [
            "launch-standalone",
            "client-public",
            "client-confidential-symmetric",
            "sso-openid-connect",
            "context-standalone-patient",
            "permission-offline",
            "permission-patient",
            "permission-user",
            "permission-v1",
        ],
    }


def capability_statement(origin):
    uris = {"authorize": "authorize/", "token": "token/", "manage": "authorized_tokens/", "introspect": "introspect/", "revoke": "revoke_token/"}
    interactions = [{"code": "read"}, {"code": "search-type"}]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "instantiates": ["http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb"],
        "implementation": {"description": "A stub behind django-oauth-toolkit", "url": f"{origin}/fhir"},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                                    "code": "SMART-on-FHIR",
                                }
                            ]
                        }
                    ],
                    "extension": [
                        {
                            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
                            "extension": [{"url": name, "valueUri": f"{origin}/o/{path}"} for name, path in uris.items()],
                        }
                    ],
                },
                "resource": [{"type": kind, "interaction": interactions} for kind in TYPES],
            }
        ],
    }


def leads_to(resource, key, patient):
    reference = resource.get(key, {}).get("reference", "")
    return reference.rsplit("/", 1)[-1] == patient.rsplit("/", 1)[-1]


REASONS = {200: "OK", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found"}


def reply(status, document, media_type="application/fhir+json", challenge=None):
    body = json.dumps(document).encode()
    headers = [("content-type", media_type), ("content-length", str(len(body)))]
    if challenge:
        headers.append(("www-authenticate", challenge))
    return f"{status} {REASONS[status]}", headers, body


def refuse(status, code, challenge=None):
    issue = [{"severity": "error", "code": code}]
    return reply(status, {"resourceType": "OperationOutcome", "issue": issue}, challenge=challenge)


def answer(origin, method, path, query, authorization, who):
    """Status line, headers and body. `who` tells the scopes and the Patient of a token, or nothing."""
    place = path.removeprefix("/fhir/")
    if method not in ("GET", "HEAD"):
        return refuse(404, "not-found")
    if place == ".well-known/smart-configuration":
        return reply(200, smart_configuration(origin), "application/json")
    if place == "metadata":
        return reply(200, capability_statement(origin))
    kind, _, name = place.partition("/")
    if kind not in TYPES or "/" in name:
        return refuse(404, "not-found")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        return refuse(401, "login", 'Bearer realm="fhir"')
    known = who(token)
    if known is None:
        return refuse(401, "login", 'Bearer realm="fhir", error="invalid_token"')
    scopes, patient = known
    if not {f"patient/{kind}.read", f"user/{kind}.read"} & set(scopes):
        return refuse(403, "forbidden", 'Bearer realm="fhir", error="insufficient_scope"')
    own = [resource for resource in MEMBERS[patient] if resource["resourceType"] == kind]
    if name:
        found = [resource for resource in own if resource["id"] == name]
        return reply(200, found[0]) if found else refuse(404, "not-found")
    for parameter, value in urllib.parse.parse_qsl(query):
        if parameter == "_id":
            own = [resource for resource in own if resource["id"] in value.split(",")]
        elif parameter in ("patient", "beneficiary"):
            own = [resource for resource in own if leads_to(resource, parameter, value)]
    entries = [
        {"fullUrl": f"{origin}/fhir/{kind}/{one['id']}", "resource": one, "search": {"mode": "match"}} for one in own
    ]
    links = [{"relation": "self", "url": f"{origin}{path}?{query}"}]
    return reply(
        200, {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "link": links, "entry": entries}
    )
