import { crowd } from './crowd.ts'
import { startExample, type RunningExample } from './example.ts'
import { createFolder } from './folder.ts'
import { partners } from './partners.ts'

/** Starts the example with the people, the companies and the clients of the browser tests. */
export function startCrowdedExample(): Promise<RunningExample> {
  const folder = createFolder({
    'people.json': JSON.stringify(crowd),
    'clients.json': JSON.stringify(Object.values(partners)),
  })
  return startExample({
    PEOPLE_FILE: `${folder}/people.json`,
    CLIENTS_FILE: `${folder}/clients.json`,
  })
}
