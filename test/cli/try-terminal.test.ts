import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { bakery } from '../support/people.ts'
import { closeServer, listen, useServer } from '../support/server.ts'
import { keys, startOnTerminal, type TerminalCommand } from '../support/terminal.ts'
import { agree, createTriedClients, takeFreePort } from '../support/trying.ts'

const cli = fileURLToPath(new URL('../../lib/cli.ts', import.meta.url))
const port = await takeFreePort()
const { confidential, withoutSecret } = createTriedClients(port)
const [redirectUri = ''] = confidential.redirect_uris ?? []
const secret = confidential.client_secret
const bold = '\u001B[1m'

const server = useServer({ clients: [confidential, withoutSecret] })

const commands: TerminalCommand[] = []
afterEach(async () => {
  for (const command of commands.splice(0)) {
    command.kill('SIGKILL')
    await command.ended
  }
})

function start(clientId: string, environment: Readonly<Record<string, string>> = {}) {
  const shared = ['--issuer', server.issuer, '--redirect-uri', redirectUri, '--revoke']
  const args = [cli, 'try', ...shared, '--client-id', clientId, '--scope', 'companies:read']
  const command = startOnTerminal(process.execPath, args, environment)
  commands.push(command)
  return command
}

const urlOf = async (command: TerminalCommand): Promise<URL> =>
  new URL(await command.said(/http:\/\/\S+authorize\?\S+(?=\r\n)/))

/** Nobody listens on the port of the redirect URI: somebody else can. */
async function expectFree(): Promise<void> {
  const http = createServer()
  await expect(listen(http, port)).resolves.toContain(String(port))
  await closeServer(http)
}

test('a person types the secret, which is not shown, opens the URL and sees what came of it', async () => {
  const command = start(confidential.client_id)
  await command.said(/Client secret \(none for a public client\): /)
  command.type(`${secret}${keys.enter}`)
  await fetch(await agree(await urlOf(command)))
  const { code, output } = await command.ended
  expect(code).toBe(0)
  expect(output).toMatch(new RegExp(`^  subject +${bakery}$`, 'm'))
  expect(output).toMatch(/^ {2}access token +not active any more$/m)
  expect(output).toContain(`${bold}Tokens`)
  expect(output).toContain(`${bold}Revoking`)
  expect(output).not.toContain(secret)
})

test('a client without a secret needs none, and NO_COLOR has nothing in bold', async () => {
  const command = start(withoutSecret.client_id, { NO_COLOR: '1' })
  await command.said(/Client secret/)
  command.type(keys.enter)
  await fetch(await agree(await urlOf(command)))
  const { code, output } = await command.ended
  expect(code).toBe(0)
  expect(output).not.toContain('\u001B')
})

test('Ctrl+C at the question ends it', async () => {
  const command = start(confidential.client_id)
  await command.said(/Client secret.*: /)
  command.type(keys.ctrlC)
  const { code, output } = await command.ended
  expect(code).toBe(1)
  expect(output).toMatch(/\nerror: interrupted\n$/)
})

test('Ctrl+C while the person is away ends it, and frees the port', async () => {
  const command = start(confidential.client_id, { CLIENT_SECRET: secret })
  await urlOf(command)
  command.type(keys.ctrlC)
  const { code, output } = await command.ended
  expect(code).toBe(1)
  expect(output).toMatch(/\nerror: interrupted\n$/)
  await expectFree()
})
