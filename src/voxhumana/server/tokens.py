"""Bearer tokens: JWTs that say who may do what, and until when (RFC 7519, RFC 6750).

    mint: name, scopes, days -> token, noted in the ledger
    check: token -> signature, issuer, audience, expiry, ledger -> who, and what they may do

Only HS256 is believed, whatever a token says of itself (RFC 8725, 3.1). The signature is compared in constant
time (`hmac.compare_digest`, in PyJWT), and before it is right nothing that the token says is looked up.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import jwt

from voxhumana.errors import UsageError
from voxhumana.server.keys import Keys
from voxhumana.server.ledger import Ledger, TokenRow
from voxhumana.server.refusal import Refusal

ALGORITHM = "HS256"
US = "voxhumana"
"""Issuer and audience."""
LONGEST = 4_096
"""Characters; ours have some 400."""
DAY_S = 86_400

SCOPES = {
    "read": "models, voices, the API's description",
    "convert": "/v1/convert",
    "talk": "/v1/realtime",
    "speech": "/v1/audio/speech",
    "transcribe": "/v1/audio/transcriptions",
    "metrics": "/metrics",
    "studio": "the studio, which can do all that the program can",
}
"""Scope -> what it opens."""


@dataclass(frozen=True)
class Bearer:
    """Who asks."""

    name: str
    scopes: frozenset[str]


class Tokens:
    """Makes and checks them.

    Args:
        data_dir: Where keys and ledger lie.

    Raises:
        VoxError: They cannot be had.
    """

    def __init__(self, data_dir: Path) -> None:
        self.keys = Keys(data_dir)
        self.ledger = Ledger(data_dir)

    def mint(self, name: str, scopes: Collection[str], days: float) -> str:
        """Make a token; it is shown once and kept nowhere.

        Raises:
            UsageError: There is no such scope, or no name.
        """
        if not name.strip():
            raise UsageError("A token needs a name to be told by; say who or what it is for, such as phone.")
        for scope in scopes:
            if scope not in SCOPES:
                raise UsageError(f"There is no scope '{scope}'; choose of: {', '.join(SCOPES)}.")
        key, now = self.keys.newest(), int(time.time())
        claims = {
            "iss": US,
            "aud": US,
            "sub": name,
            "jti": secrets.token_hex(8),
            "scope": " ".join(sorted(scopes)),
            "iat": now,
            "exp": now + round(days * DAY_S),
        }
        self.ledger.add(
            TokenRow(
                id=claims["jti"],
                name=name,
                scopes=claims["scope"],
                made=now,
                expires=claims["exp"],
                revoked=None,
            )
        )
        return jwt.encode(claims, key.secret, ALGORITHM, headers={"kid": key.name})

    def check(self, token: str) -> Bearer:
        """Who bears it.

        Raises:
            Refusal: 401; what is wrong is said only of a token that we signed.
        """
        wrong = Refusal(
            401, "The token is not valid; make one with `vox token create`.", code="invalid_token"
        )
        if len(token) > LONGEST:
            raise wrong
        try:
            key = self.keys.find(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise wrong
            claims = jwt.decode(
                token,
                key.secret,
                algorithms=[ALGORITHM],
                audience=US,
                issuer=US,
                options={"require": ["exp", "iat", "jti", "sub", "scope", "aud", "iss"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise Refusal(401, "The token has expired; make another.", code="token_expired") from error
        except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
            raise wrong from error
        if not self.ledger.valid(claims["jti"]):
            raise Refusal(401, "The token was revoked; ask for another.", code="token_revoked")
        return Bearer(claims["sub"], frozenset(claims["scope"].split()))

    def close(self) -> None:
        """Let the database go."""
        self.ledger.close()
