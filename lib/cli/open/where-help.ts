/** Where what a command is about comes from, for its help. */
export const toWhereHelp = (what: 'clients' | 'connections'): string =>
  `
The ${what} are those in Redis, which REDIS_URL and STORAGE_KEYS name as for the authorization server; or,
with --config, those of the authorization server that a module of yours exports. A function close() that it exports
as well is called at the end, and waited for.`
