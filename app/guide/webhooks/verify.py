import hashlib
import hmac
import time


def verify(secret: str, headers, body: bytes, now: float | None = None) -> bool:
    """body is the raw request body; headers are looked up in lower case."""
    timestamp = headers.get("x-badala-timestamp", "")
    if not timestamp.isdigit() or abs((now or time.time()) - int(timestamp)) > 300:
        return False
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return hmac.compare_digest("sha256=" + mac.hexdigest(), headers.get("x-badala-signature", ""))
