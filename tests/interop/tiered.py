"""An app and an identity provider that we did not write the libraries of, against the reference server as the data holder.

    python tiered.py BASE LABORATORY CA

registers an app by UDAP, opens an identity provider on https://localhost, and signs a member in at it several times: with
everything right, and with one thing wrong each. Certificates are made with cryptography, JWTs with jwcrypto, requests with
requests. It prints one JSON object: for each sign-in `code`, or the error that came back.
"""

import base64
import datetime
import http.server
import json
import pathlib
import re
import ssl
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from jwcrypto import jwk, jws

BASE, LABORATORY, CA = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
CALLBACK = "https://app.example/callback"
ROOT = x509.load_pem_x509_certificate((LABORATORY / "root.pem").read_bytes())
ROOT_KEY = serialization.load_pem_private_key((LABORATORY / "root.key").read_bytes(), None)
NOW = datetime.datetime.now(datetime.timezone.utc)


def issue(names, common_name):
    """A certificate of the laboratory's root with its key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(ROOT.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=1))
        .not_valid_after(NOW + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, False, False, False, False),
            critical=True,
        )
    )
    return builder.sign(ROOT_KEY, hashes.SHA256()), key


class Signer:
    """Signs JWTs with x5c in the name of a URI."""

    def __init__(self, uri):
        self.uri = uri
        self.certificate, key = issue([x509.UniformResourceIdentifier(uri)], "An independent party")
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.key = jwk.JWK.from_pem(pem)

    def sign(self, claims, **changes):
        now = int(time.time())
        claims = {"iat": now, "exp": now + 240, "jti": str(uuid.uuid4()), **claims}
        der = self.certificate.public_bytes(serialization.Encoding.DER)
        header = {"alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        token = jws.JWS(json.dumps({**claims, **changes}))
        token.add_signature(self.key, None, json.dumps(header))
        return token.serialize(compact=True)


class Provider:
    """What the identity provider is asked and how it answers now."""

    def __init__(self, base):
        self.base, self.signer, self.stranger = base, Signer(base), Signer("https://stranger.example/op")
        self.wrong, self.nonces, self.asked = None, {}, []

    def metadata(self):
        endpoints = {
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "registration_endpoint": f"{self.base}/register",
        }
        signer = self.stranger if self.wrong == "metadata of another" else self.signer
        signed = signer.sign({"iss": self.base, "sub": self.base, **endpoints})
        return {
            "udap_versions_supported": ["1"],
            "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_to"],
            "scopes_supported": ["openid", "udap"],
            "grant_types_supported": ["authorization_code"],
            "signed_metadata": signed,
            **endpoints,
        }

    def id_token(self, client, nonce):
        claims = {"iss": self.base, "sub": "carinbb-member", "aud": client, "nonce": nonce, "email": "member@example.org"}
        changes = {
            "another nonce": {"nonce": "of-another"},
            "another audience": {"aud": "somebody-else"},
            "expired": {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200},
            "unknown member": {"sub": str(uuid.uuid4())},
        }.get(self.wrong, {})
        signer = self.stranger if self.wrong == "token of another" else self.signer
        return signer.sign(claims, **changes)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def reply(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        provider = self.server.provider
        url = urllib.parse.urlparse(self.path)
        provider.asked.append(url.path)
        if url.path == "/op/.well-known/udap":
            return self.reply(200, provider.metadata())
        if url.path == "/op/authorize":
            asked = dict(urllib.parse.parse_qsl(url.query))
            code = str(uuid.uuid4())
            provider.nonces[code] = (asked["client_id"], asked["nonce"])
            query = urllib.parse.urlencode({"code": code, "state": asked["state"], "iss": provider.base})
            self.send_response(302)
            self.send_header("location", f"{asked['redirect_uri']}?{query}")
            self.send_header("content-length", "0")
            return self.end_headers()
        return self.reply(404, {"error": "not_found"})

    def do_POST(self):
        provider = self.server.provider
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        provider.asked.append(self.path)
        if self.path == "/op/register":
            statement = jws.JWS()
            statement.deserialize(json.loads(body)["software_statement"])
            leaf = x509.load_der_x509_certificate(base64.b64decode(statement.jose_header["x5c"][0]))
            pem = leaf.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            statement.verify(jwk.JWK.from_pem(pem))
            claims = json.loads(statement.payload)
            assert claims["aud"] == f"{provider.base}/register" and {"openid", "udap"} <= set(claims["scope"].split())
            return self.reply(201, {"client_id": f"dh-{uuid.uuid4()}", **claims})
        if self.path == "/op/token":
            client, nonce = provider.nonces.pop(dict(urllib.parse.parse_qsl(body))["code"])
            token = provider.id_token(client, nonce)
            return self.reply(200, {"access_token": "t", "token_type": "Bearer", "expires_in": 300, "id_token": token})
        return self.reply(404, {"error": "not_found"})


def open_provider():
    certificate, key = issue([x509.DNSName("localhost")], "localhost")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with tempfile.NamedTemporaryFile("wb", suffix=".pem", delete=False) as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.write(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file.name)
    pathlib.Path(file.name).unlink()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.provider = Provider(f"https://localhost:{server.server_port}/op")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.provider


def register(metadata):
    app = Signer(f"https://app.example/{uuid.uuid4()}")
    endpoint = metadata["registration_endpoint"]
    statement = app.sign(
        {
            "iss": app.uri,
            "sub": app.uri,
            "aud": endpoint,
            "client_name": "An independent app",
            "contacts": ["mailto:app@example.org"],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "redirect_uris": [CALLBACK],
            "logo_uri": "https://app.example/logo.png",
            "token_endpoint_auth_method": "private_key_jwt",
            "scope": "udap openid launch/patient patient/Patient.read",
        }
    )
    answer = requests.post(endpoint, json={"software_statement": statement, "udap": "1"}, verify=CA, timeout=30)
    assert answer.status_code == 201, answer.text
    return answer.json()["client_id"]


def sign_in(metadata, client, provider, wrong=None):
    """`code`, or the error that came back to the app."""
    provider.wrong = wrong
    browser = requests.Session()
    state, verifier = str(uuid.uuid4()), uuid.uuid4().hex * 2
    challenge = base64.urlsafe_b64encode(hashes_of(verifier)).rstrip(b"=").decode()
    url = metadata["authorization_endpoint"] + "?" + urllib.parse.urlencode(
        {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": CALLBACK,
            "scope": "udap openid launch/patient patient/Patient.read",
            "state": state,
            "aud": BASE,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "idp": provider.base,
        }
    )
    root = str(LABORATORY / "root.pem")
    form = None
    for _ in range(12):
        verify = root if url.startswith(provider.base) else CA
        ask = {"verify": verify, "allow_redirects": False, "timeout": 30}
        answer = browser.post(url, data=form, **ask) if form else browser.get(url, **ask)
        form = None
        if "location" in answer.headers:
            url = urllib.parse.urljoin(url, answer.headers["location"])
            if url.startswith(CALLBACK):
                came = dict(urllib.parse.parse_qsl(urllib.parse.urlparse(url).query))
                assert came["state"] == state, "the state is another"
                return "code" if "code" in came else came["error"]
            continue
        action = re.search(r'<form id="consent" method="post" action="([^"]+)"', answer.text)
        assert action, f"{answer.status_code} {url.split('?')[0]}"
        form = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text)
        form += [("scope", scope) for scope in re.findall(r'name="scope" value="([^"]+)"', answer.text)]
        form.append(("decision", "approve"))
        url = urllib.parse.urljoin(url, action.group(1))
    return "no end"


def hashes_of(text):
    digest = hashes.Hash(hashes.SHA256())
    digest.update(text.encode())
    return digest.finalize()


def main():
    metadata = requests.get(f"{BASE}/.well-known/udap", verify=CA, timeout=30).json()
    assert "udap" in metadata["scopes_supported"] and "udap_to" in metadata["udap_profiles_supported"]
    client = register(metadata)
    ends = {}
    # Before the data holder knows the provider: metadata are looked at then.
    for wrong in ["metadata of another", None, "token of another", "another nonce", "another audience", "expired", "unknown member"]:
        ends[wrong or "right"] = sign_in(metadata, client, open_provider() if wrong == "metadata of another" else PROVIDER, wrong)
    ends["registrations"] = PROVIDER.asked.count("/op/register")
    print(json.dumps(ends))


PROVIDER = open_provider()
main()
