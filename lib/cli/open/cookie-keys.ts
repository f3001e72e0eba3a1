/** The keys that `COOKIE_KEYS` holds, the one that signs first; none where it is not set, or where one of them is empty. */
export function readCookieKeys(): readonly string[] | undefined {
  const keys = (process.env['COOKIE_KEYS'] ?? '').split(',').map((key) => key.trim())
  return keys.every(Boolean) ? keys : undefined
}
