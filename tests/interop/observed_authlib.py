"""Authlib as an app under observation: one launch, with state, PKCE and nonce, a checked ID token, reads, two refreshes."""

from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.discovery import get_well_known_url

from client_authlib import SCOPES, check_id_token, get, launch, read
from member import main, of_kind


def script(known):
    base, app, member = known["base"], of_kind(known["clients"], "confidential"), of_kind(known["members"], "first")
    smart = get(f"{base}/.well-known/smart-configuration")
    openid = get(get_well_known_url(smart["issuer"], external=True))
    session = OAuth2Session(
        app["client_id"], app["client_secret"], scope=SCOPES, redirect_uri=app["redirect_uri"], code_challenge_method="S256"
    )
    token, nonce = launch(session, smart, base, app["redirect_uri"], member)
    check_id_token(openid, token, app["client_id"], nonce, member, base)
    read(session, base, member)
    for _ in range(2):
        session.refresh_token(smart["token_endpoint"], refresh_token=session.token["refresh_token"])
        read(session, base, member)


main(script)
