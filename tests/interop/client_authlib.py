"""Authlib as an app: with a secret, without one, and with a signed assertion.

Launch with PKCE and state, ID token, reads, refresh, introspection and revocation; each answer is checked by Authlib
and joserfc, or by a plain comparison here.
"""

import secrets
import time

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from member import approve, expect, main, of_kind

SCOPES = (
    "openid fhirUser launch/patient offline_access "
    "patient/Patient.read patient/ExplanationOfBenefit.read patient/Coverage.read"
)


def get(url):
    answer = requests.get(url, timeout=20, headers={"accept": "application/json"})
    expect(answer.status_code == 200, f"{url} answered {answer.status_code}")
    return answer.json()


def launch(session, smart, base, redirect_uri, member):
    """The authorization request, the member's part in it, and the exchange of the code."""
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    url, state = session.create_authorization_url(
        smart["authorization_endpoint"], aud=base, nonce=nonce, code_verifier=verifier
    )
    back = approve(url, redirect_uri, member["username"], member["password"])
    # Authlib compares the state, and raises when it differs.
    token = session.fetch_token(
        smart["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier
    )
    expect(token["token_type"].lower() == "bearer", f"token_type {token['token_type']}")
    expect(token["patient"] == member["patient"], "the patient of another member")
    expect(isinstance(token["expires_in"], int) and token["expires_in"] > 0, "no lifetime")
    return token, nonce


def check_id_token(openid, token, client_id, nonce, member, base):
    keys = KeySet.import_key_set(get(openid["jwks_uri"]))
    decoded = jwt.decode(token["id_token"], keys, algorithms=openid["id_token_signing_alg_values_supported"])
    options = {"iss": {"value": openid["issuer"]}, "aud": {"value": client_id}}
    claims = CodeIDToken(decoded.claims, decoded.header, options, {"nonce": nonce, "client_id": client_id})
    claims.validate(leeway=5)
    expect(claims["fhirUser"] == f"{base}/Patient/{member['patient']}", f"fhirUser {claims['fhirUser']}")


def read(session, base, member):
    """The Patient and the claims of the member, and of nobody else."""
    patient = session.get(f"{base}/Patient/{member['patient']}", timeout=20)
    expect(patient.status_code == 200, f"Patient answered {patient.status_code}")
    expect(patient.json()["id"] == member["patient"], "another Patient")
    found = session.get(f"{base}/ExplanationOfBenefit", params={"patient": member["patient"]}, timeout=20)
    expect(found.status_code == 200, f"ExplanationOfBenefit answered {found.status_code}")
    bundle = found.json()
    ids = sorted(entry["resource"]["id"] for entry in bundle.get("entry", []))
    expect(ids == sorted(member["resources"]["ExplanationOfBenefit"]), f"claims {ids}")


def refused(session, base, member):
    answer = session.get(f"{base}/Patient/{member['patient']}", timeout=20)
    return answer.status_code == 401


def confidential(known, smart, openid, app, member):
    base = known["base"]
    session = OAuth2Session(
        app["client_id"], app["client_secret"], scope=SCOPES, redirect_uri=app["redirect_uri"], code_challenge_method="S256"
    )
    token, nonce = launch(session, smart, base, app["redirect_uri"], member)
    expect(set(token["scope"].split()) == set(SCOPES.split()), f"scope {token['scope']}")
    check_id_token(openid, token, app["client_id"], nonce, member, base)
    read(session, base, member)

    before = token["access_token"]
    token = session.refresh_token(smart["token_endpoint"], refresh_token=token["refresh_token"])
    expect(token["access_token"] != before, "the same access token again")
    expect(token["patient"] == member["patient"], "refreshed for another patient")
    read(session, base, member)

    told = session.introspect_token(smart["introspection_endpoint"], token=token["access_token"]).json()
    expect(told["active"] is True and told["client_id"] == app["client_id"], f"introspection says {sorted(told)}")
    gone = session.revoke_token(smart["revocation_endpoint"], token=token["refresh_token"], token_type_hint="refresh_token")
    expect(gone.status_code == 200, f"revocation answered {gone.status_code}")
    try:
        session.refresh_token(smart["token_endpoint"], refresh_token=token["refresh_token"])
    except OAuthError as error:
        expect(error.error == "invalid_grant", f"a revoked refresh token: {error.error}")
    else:
        expect(False, "a revoked refresh token works")
    told = session.introspect_token(smart["introspection_endpoint"], token=token["refresh_token"]).json()
    expect(told == {"active": False}, "introspection of a revoked token says more than that it is not active")


def public(known, smart, app, member):
    session = OAuth2Session(
        app["client_id"],
        scope=SCOPES,
        redirect_uri=app["redirect_uri"],
        code_challenge_method="S256",
        token_endpoint_auth_method="none",
    )
    token, _ = launch(session, smart, known["base"], app["redirect_uri"], member)
    expect("refresh_token" not in token, "a refresh token for an app that cannot keep one")
    read(session, known["base"], member)
    session.token["access_token"] += "0"
    expect(refused(session, known["base"], member), "an altered access token works")


class ShortAssertion(PrivateKeyJWT):
    """Authlib's assertions last an hour, SMART allows five minutes. Claims are made anew for each assertion, because
    Authlib writes the jti into the dictionary that it was given, and would send the same one twice."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 120}
        return super().sign(auth, token_endpoint)


def asymmetric(known, smart, app, member):
    key = next(key for key in app["keys"] if key["algorithm"] == "RS384")
    session = OAuth2Session(
        app["client_id"],
        RSAKey.import_key(key["signing_key"]),
        scope=SCOPES,
        redirect_uri=app["redirect_uri"],
        code_challenge_method="S256",
        token_endpoint_auth_method="private_key_jwt",
    )
    signature = {"token_endpoint": smart["token_endpoint"], "headers": {"kid": key["key_id"]}, "alg": "RS384"}
    session.register_client_auth_method(PrivateKeyJWT(**signature))
    try:
        launch(session, smart, known["base"], app["redirect_uri"], member)
    except OAuthError as error:
        expect(error.error == "invalid_client", f"an assertion that lasts an hour: {error.error}")
    else:
        expect(False, "an assertion that lasts an hour is taken")
    session.register_client_auth_method(ShortAssertion(**signature))
    token, _ = launch(session, smart, known["base"], app["redirect_uri"], member)
    read(session, known["base"], member)
    session.refresh_token(smart["token_endpoint"], refresh_token=token["refresh_token"])
    read(session, known["base"], member)


def script(known):
    base = known["base"]
    smart = get(f"{base}/.well-known/smart-configuration")
    openid = get(get_well_known_url(smart["issuer"], external=True))
    # Authlib's own idea of what a provider must publish.
    OpenIDProviderMetadata(openid).validate()
    app = lambda kind: of_kind(known["clients"], kind)
    member = lambda kind: of_kind(known["members"], kind)
    confidential(known, smart, openid, app("confidential"), member("first"))
    public(known, smart, app("public"), member("second"))
    asymmetric(known, smart, app("asymmetric"), member("fourth"))


if __name__ == "__main__":
    main(script)
