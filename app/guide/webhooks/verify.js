const crypto = require("node:crypto");

// body is the raw request body as a Buffer; headers have lower-case names.
function verify(secret, headers, body, now = Date.now() / 1000) {
  const timestamp = headers["x-badala-timestamp"];
  if (!(Math.abs(now - Number(timestamp)) < 300)) return false;
  const mac = crypto.createHmac("sha256", secret).update(`${timestamp}.`).update(body);
  const want = Buffer.from(`sha256=${mac.digest("hex")}`);
  const got = Buffer.from(headers["x-badala-signature"] ?? "");
  return want.length === got.length && crypto.timingSafeEqual(want, got);
}

module.exports = { verify };
