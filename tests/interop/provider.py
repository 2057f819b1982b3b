"""An authorization server that we did not write: django-oauth-toolkit, as its documentation sets it up, with a FHIR stub.

    python provider.py FOLDER PORT CERTIFICATE KEY CA

serves https://localhost:PORT. It makes up clients and members, and writes FOLDER/target.toml with a file for each secret beside
it before it listens. What SMART adds to OAuth 2.0 goes in through the extension points that django-oauth-toolkit documents:
scopes, `patient` beside the token, the claim fhirUser. Everything else (launch, PKCE, codes, refresh, revocation,
introspection, ID tokens, pages) is as it comes.
"""

import json
import os
import pathlib
import secrets
import socketserver
import ssl
import sys
import wsgiref.simple_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings

import fhir_stub

FOLDER, PORT = pathlib.Path(sys.argv[1]), int(sys.argv[2])
CERTIFICATE, KEY, CA = sys.argv[3:6]
ORIGIN = f"https://localhost:{PORT}"
REDIRECT_URI = "https://app.example/callback"
CLIENTS = {
    kind: {"client_id": f"{kind}-{secrets.token_hex(6)}", "client_secret": "" if kind == "public" else secrets.token_urlsafe(32)}
    for kind in ("confidential", "second", "public", "resource-server")
}
MEMBERS = {
    kind: {"username": f"{kind}-{secrets.token_hex(6)}", "password": secrets.token_urlsafe(16), "patient": patient}
    for kind, patient in (("first", "carinbb-member-1"), ("second", "carinbb-member-2"))
}
PATIENTS = {member["username"]: member["patient"] for member in MEMBERS.values()}
TYPES = fhir_stub.TYPES
SCOPES = {
    "openid": "Know who you are",
    "fhirUser": "Know which record is yours",
    "launch/patient": "Know which patient is meant",
    "offline_access": "Stay connected",
    **{f"{context}/{kind}.read": f"Read {kind}" for context in ("patient", "user") for kind in TYPES},
}
LOGIN_PAGE = """<!DOCTYPE html><html lang="en"><head><title>Member portal</title></head><body><h1>Sign in</h1>
<form method="post">{% csrf_token %}{{ form.as_p }}<input type="hidden" name="next" value="{{ next }}">
<button type="submit">Sign in</button></form></body></html>"""


def signing_key():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, form, plain = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    return key.private_bytes(encoding, form, plain).decode()


settings.configure(
    SECRET_KEY=secrets.token_urlsafe(40),
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF="urls_of_provider",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    STATIC_URL="static/",
    LOGIN_URL="/accounts/login/",
    SESSION_COOKIE_SECURE=True,
    CSRF_COOKIE_SECURE=True,
    # Quick, because a test signs in often; what is hashed is made up.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": FOLDER / "provider.sqlite3",
            "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": "PRAGMA synchronous=OFF"},
        }
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "oauth2_provider",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ],
                "loaders": [
                    ("django.template.loaders.locmem.Loader", {"registration/login.html": LOGIN_PAGE}),
                    "django.template.loaders.app_directories.Loader",
                ],
            },
        }
    ],
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": signing_key(),
        "OAUTH2_VALIDATOR_CLASS": "validator_of_provider.SmartValidator",
        "SCOPES": SCOPES,
        "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
        # Public apps cannot do without, and SMART asks it of all.
        "PKCE_REQUIRED": True,
    },
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.urls import include, path  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402
from oauth2_provider.oauth2_validators import OAuth2Validator  # noqa: E402


class SmartValidator(OAuth2Validator):
    """What SMART App Launch asks of a token response and of an ID token."""

    oidc_claim_scope = {**OAuth2Validator.oidc_claim_scope, "fhirUser": "fhirUser"}

    def get_additional_claims(self, request):
        return {"fhirUser": f"{ORIGIN}/fhir/Patient/{PATIENTS[request.user.get_username()]}"}

    def save_bearer_token(self, token, request, *args, **kwargs):
        super().save_bearer_token(token, request, *args, **kwargs)
        if "launch/patient" in token.get("scope", "").split():
            token["patient"] = PATIENTS[request.user.get_username()]


class Module:
    """A module that is made here, so that the server is one file."""

    def __init__(self, **content):
        self.__dict__.update(content)


sys.modules["validator_of_provider"] = Module(SmartValidator=SmartValidator)
sys.modules["urls_of_provider"] = Module(
    urlpatterns=[
        path("accounts/login/", LoginView.as_view()),
        path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
    ]
)


def register():
    """The members and the clients, as an administrator would enter them."""
    (FOLDER / "provider.sqlite3").unlink(missing_ok=True)
    call_command("migrate", verbosity=0)
    for member in MEMBERS.values():
        User.objects.create_user(member["username"], password=member["password"])
    for kind, client in CLIENTS.items():
        Application.objects.create(
            name=kind,
            **client,
            client_type=Application.CLIENT_PUBLIC if kind == "public" else Application.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
            redirect_uris=REDIRECT_URI,
            algorithm=Application.RS256_ALGORITHM,
        )


def write_target():
    """What an operator of carinbb would write: the target file, and each secret in a file of its own."""

    def secret(name, value):
        with open(os.open(FOLDER / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(value)
        return f'{{ file = "{FOLDER / name}" }}'

    lines = [f'[target]\nbase = "{ORIGIN}/fhir"\nenvironment = "staging"']
    for kind in ("confidential", "second", "public"):
        client = CLIENTS[kind]
        lines.append(f'[clients.{kind}]\nclient_id = "{client["client_id"]}"\nredirect_uri = "{REDIRECT_URI}"')
        if client["client_secret"]:
            lines.append(f'client_secret = {secret(f"{kind}-secret", client["client_secret"])}')
    for kind, table in (("first", "member"), ("second", "member.second")):
        member = MEMBERS[kind]
        lines.append(f'[{table}]\npatient = "{member["patient"]}"')
        lines += [f'{name} = {secret(f"{kind}-{name}", member[name])}' for name in ("username", "password")]
        known = {}
        for resource in fhir_stub.MEMBERS[member["patient"]]:
            known.setdefault(resource["resourceType"], []).append(resource["id"])
        own = ", ".join(f"{kind} = {json.dumps(known[kind])}" for kind in ("Coverage", "ExplanationOfBenefit"))
        lines.append(f"resources = {{ {own} }}")
    lines.append('[login]\nstrategy = "form"\napproves_all = true\nuser_scopes = true\n')
    (FOLDER / "target.toml").write_text("\n".join(lines), encoding="utf-8")


TRUST = ssl.create_default_context(cafile=CA)


def introspect(token):
    """What the authorization server says of a token (RFC 7662)."""
    return fhir_stub.introspect(f"{ORIGIN}/o/introspect/", CLIENTS["resource-server"], token, TRUST)


def both(provider):
    """The FHIR stub below /fhir/, django-oauth-toolkit elsewhere."""

    def application(environ, start_response):
        if not environ["PATH_INFO"].startswith("/fhir/"):
            return provider(environ, start_response)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"].read(length)
        status, headers, body = fhir_stub.answer(
            ORIGIN,
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            environ.get("QUERY_STRING", ""),
            environ.get("HTTP_AUTHORIZATION", ""),
            introspect_member,
        )
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    return application


def introspect_member(token):
    """The scopes of a token and the Patient of the member behind it; nothing when it is not active."""
    told = introspect(token)
    return (told.get("scope", "").split(), PATIENTS[told["username"]]) if told["active"] else None


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    """Says that TLS was spoken, and logs nothing, because a request may hold a token."""

    def get_environ(self):
        return {**super().get_environ(), "wsgi.url_scheme": "https", "HTTPS": "on"}

    def log_message(self, *arguments):
        """Nothing is logged."""


class Server(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    """TLS, with each handshake in the thread of its connection."""

    daemon_threads = True
    request_queue_size = 64
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def finish_request(self, request, client_address):
        try:
            with self.tls.wrap_socket(request, server_side=True) as secured:
                super().finish_request(secured, client_address)
        except (ssl.SSLError, ConnectionError):
            # A probe that offered what is not taken, or hung up.
            pass

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    register()
    write_target()
    Server.tls.load_cert_chain(CERTIFICATE, KEY)
    with Server(("127.0.0.1", PORT), Handler) as server:
        server.set_app(both(get_wsgi_application()))
        server.serve_forever()
