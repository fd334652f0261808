"""An identity provider of SAML 2.0 that signs what it is told. A test runs this inside an installation of its own.

It prints who is signed in after each of some answers.
"""

import base64
import re
import zlib
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.test import Client
from django.test.utils import setup_test_environment
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils

from reclaim.people import joining
from reclaim.people.models import Role, User

ENTITY = "https://id.cedar.example/metadata"
EMAIL = "urn:oid:0.9.2342.19200300.100.1.3"
SITE = "http://127.0.0.1:8000"
NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "id.cedar.example")])


def pair() -> tuple[str, str]:
    """A key and its certificate, as PEM."""
    key, now = rsa.generate_private_key(65537, 2048), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(NAME).issuer_name(NAME).public_key(key.public_key())
    dated = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    signed = dated.sign(key, hashes.SHA256())
    return pem.decode(), signed.public_bytes(serialization.Encoding.PEM).decode()


def answer(request: str, email: str, key: str, certificate: str) -> str:
    """What the provider posts back: an assertion about an address, signed."""
    now = datetime.now(UTC)
    stamp, later = f"{now:%Y-%m-%dT%H:%M:%SZ}", f"{now + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    place = f"{SITE}/accounts/saml/saml/acs/"
    saml, samlp = "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol"
    assertion = (
        f'<saml:Assertion xmlns:saml="{saml}" ID="_a{abs(hash(email))}" Version="2.0" IssueInstant="{stamp}">'
        f"<saml:Issuer>{ENTITY}</saml:Issuer><saml:Subject><saml:NameID>{email}</saml:NameID>"
        '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData'
        f' InResponseTo="{request}" NotOnOrAfter="{later}" Recipient="{place}"/></saml:SubjectConfirmation>'
        f'</saml:Subject><saml:Conditions NotBefore="{stamp}" NotOnOrAfter="{later}">'
        f"<saml:AudienceRestriction><saml:Audience>{SITE}/accounts/saml/saml/metadata/</saml:Audience></saml:AudienceRestriction></saml:Conditions>"
        f'<saml:AuthnStatement AuthnInstant="{stamp}"><saml:AuthnContext><saml:AuthnContextClassRef>'
        "urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>"
        f'</saml:AuthnStatement><saml:AttributeStatement><saml:Attribute Name="{EMAIL}">'
        f"<saml:AttributeValue>{email}</saml:AttributeValue></saml:Attribute></saml:AttributeStatement></saml:Assertion>"
    )
    sealed = Utils.add_sign(assertion, key, certificate)
    sealed = sealed.decode() if isinstance(sealed, bytes) else sealed
    whole = (
        f'<samlp:Response xmlns:samlp="{samlp}" xmlns:saml="{saml}" ID="_r1" Version="2.0" IssueInstant="{stamp}"'
        f' Destination="{place}" InResponseTo="{request}"><saml:Issuer>{ENTITY}</saml:Issuer><samlp:Status>'
        '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
        f"{re.sub(r'^<[?][^>]*>', '', sealed)}</samlp:Response>"
    )
    return base64.b64encode(whole.encode()).decode()


def came_by(email: str, key: str, certificate: str) -> str:
    """Who is signed in after the provider has said an address."""
    browser = Client(SERVER_NAME="127.0.0.1", SERVER_PORT="8000", headers={"host": "127.0.0.1:8000"})
    away = browser.post("/accounts/saml/saml/login/?process=login")
    asked = parse_qs(urlsplit(away["Location"]).query)["SAMLRequest"][0]
    request = re.search(r'ID="([^"]+)"', zlib.decompress(base64.b64decode(asked), -15).decode())
    assert request is not None
    given = {"SAMLResponse": answer(request[1], email, key, certificate), "RelayState": ""}
    browser.get(browser.post("/accounts/saml/saml/acs/", given)["Location"])
    found = browser.session.get("_auth_user_id")
    return User.objects.get(pk=found).email if found else "nobody"


def main() -> None:
    """Members come in, strangers and forged signatures do not."""
    setup_test_environment()
    key, certificate = pair()
    body = "".join(certificate.splitlines()[1:-1])
    app = settings.SOCIALACCOUNT_PROVIDERS["saml"]["APPS"][0]
    app["settings"]["idp"] = {
        "entity_id": ENTITY,
        "sso_url": "https://id.cedar.example/sso",
        "x509cert": body,
    }
    house = joining.found_organization("Cedar Clinics")
    joining.join(None, house, "ann@cedar.example", Role.BILLER)
    other_key, other_certificate = pair()
    for email, sealed_with in (
        ("ann@cedar.example", (key, certificate)),
        ("who@cedar.example", (key, certificate)),
        ("ann@cedar.example", (other_key, other_certificate)),
    ):
        print(came_by(email, *sealed_with))  # noqa: T201  what the test reads


if __name__ == "__main__":
    main()
