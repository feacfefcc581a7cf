<?php
// $body is file_get_contents('php://input'), $headers is getallheaders() in lower case.
function verify(string $secret, array $headers, string $body, ?int $now = null): bool
{
    $timestamp = $headers['x-badala-timestamp'] ?? '';
    if (!ctype_digit($timestamp) || abs(($now ?? time()) - (int) $timestamp) > 300) {
        return false;
    }
    $want = 'sha256=' . hash_hmac('sha256', $timestamp . '.' . $body, $secret);
    return hash_equals($want, $headers['x-badala-signature'] ?? '');
}
