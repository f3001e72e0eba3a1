import { fileURLToPath } from 'node:url'
import { bundledPassword } from './bundled-people.ts'
import { readPeopleFile, type People } from './people-file.ts'
import { printProblem } from './print.ts'
import type { Settings } from './settings.ts'
import { StartError } from './start-error.ts'

const exampleFile = fileURLToPath(new URL('people.example.json', import.meta.url))

/**
 * With an https issuer, other people reach the sign-in page. If they can read a password in this repository, that is said, and
 * in production nothing starts.
 *
 * @throws {@link StartError} with one line for each such person
 */
export async function refusePublicPasswords(people: People, settings: Settings): Promise<void> {
  const { issuer = '', peopleFile, isProduction } = settings
  if (!/^https:/i.test(issuer)) return
  const problems = peopleFile
    ? await findPublicPasswords(people, peopleFile)
    : [
        `PEOPLE_FILE ${isProduction ? 'must be' : 'is not'} set for the issuer ${issuer}: the bundled people have a password that everybody can read. Set it to a JSON file with people of yours, like examples/server/people.example.json`,
      ]
  if (problems.length === 0) return
  if (isProduction) throw new StartError(problems)
  const warning = `Anybody who reaches ${issuer} can sign in. With NODE_ENV=production, this does not start.`
  printProblem([...problems, warning].join('\n'))
}

async function findPublicPasswords({ people }: People, file: string): Promise<readonly string[]> {
  const { people: examples } = await readPeopleFile(exampleFile)
  const known = new Set([bundledPassword, ...examples.map(({ password }) => password)])
  return [...people.entries()]
    .filter(([, { password }]) => known.has(password))
    .map(
      ([index]) =>
        `PEOPLE_FILE ${file}: people[${index}].password can be read by everybody in this repository: choose another one`,
    )
}
