"""Answers of the portal as production gives them, one of each kind; run in a process of its own.

Prints one JSON object: for each kind of answer its status, headers and cookies.
"""

import json

import django
from django.conf import settings

settings.STORAGES = settings.STORAGES | {  # hashed names need a collected folder
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
settings.PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # slow on purpose, and not the subject
settings.ROOT_URLCONF = "tests.security.probe_urls"
django.setup()

from django.db import transaction  # noqa: E402 - after setup
from django.test import Client  # noqa: E402

from accounts.models import User  # noqa: E402

HOST = "simdiklat.example"


def described(response):
    return {
        "status": response.status_code,
        "headers": {name.lower(): value for name, value in response.items()},
        "cookies": {
            name: {
                key: morsel[key] for key in ("secure", "httponly", "samesite", "path", "domain", "max-age")
            }
            for name, morsel in response.cookies.items()
        },
        "body": b"".join(response.streaming_content if response.streaming else [response.content]).decode(
            "utf-8", "replace"
        ),
    }


def main():
    found = {}
    with transaction.atomic():
        user = User.objects.create_user("probe", "probe@contoh.invalid", "probe-password-17")

        def client(**more):
            return Client(SERVER_NAME=HOST, raise_request_exception=False, **more)

        secure = {"secure": True}
        anonymous, strict = client(), client(enforce_csrf_checks=True)
        signed_in = client()
        found["sign-in page"] = described(anonymous.get("/sign-in/", **secure))
        found["signing in"] = described(
            signed_in.post("/sign-in/", {"username": "probe", "password": "probe-password-17"}, **secure)
        )
        found["wrong password"] = described(
            client().post("/sign-in/", {"username": "probe", "password": "wrong"}, **secure)
        )
        found["home"] = described(signed_in.get("/", **secure))
        found["my account"] = described(signed_in.get("/account/", **secure))
        found["authenticator app"] = described(signed_in.get("/account/app/add/", **secure))
        found["passkey"] = described(signed_in.get("/account/passkeys/add/", **secure))
        found["json"] = described(
            anonymous.get("/sign-in/passkey/", headers={"accept": "application/json"}, **secure)
        )
        found["redirect to sign in"] = described(anonymous.get("/employees/", **secure))
        found["403"] = described(signed_in.get("/employees/", **secure))
        found["403 csrf"] = described(strict.post("/sign-in/", {"username": "a"}, **secure))
        found["404"] = described(anonymous.get("/nothing/", **secure))
        found["405"] = described(signed_in.get("/language/", **secure))
        found["language"] = described(anonymous.post("/language/", {"language": "en", "next": "/"}, **secure))
        found["other host"] = described(Client(SERVER_NAME="evil.example").get("/sign-in/", **secure))
        found["plain http"] = described(anonymous.get("/sign-in/"))
        found["500"] = described(anonymous.get("/probe/broken/", **secure))
        found["file"] = described(signed_in.get("/probe/file/", **secure))
        for _ in range(12):
            last = client().post("/sign-in/", {"username": "probe", "password": "wrong"}, **secure)
        found["429"] = described(last)
        found["signing out"] = described(signed_in.post("/sign-out/", **secure))
        user.delete()
        transaction.set_rollback(True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
