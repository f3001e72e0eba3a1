import { createHash } from 'node:crypto'

/** The name of the logo of a client on this server: it tells nothing of the client, and is another for each URI. */
export const nameOf = (clientId: string, logoUri: string): string =>
  createHash('sha256')
    .update(JSON.stringify([clientId, logoUri]))
    .digest('base64url')
    .slice(0, 22)
