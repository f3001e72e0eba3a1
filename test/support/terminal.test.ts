import { expect, test } from 'vitest'
import { keys, startOnTerminal } from './terminal.ts'

const run = (script: string, environment = {}) =>
  startOnTerminal(process.execPath, ['-e', script], environment)

test('a program on a terminal is asked for, typed to and ends as if a person sat there', async () => {
  const script = `const { stdin, stdout, stderr } = process
    console.log([stdin, stdout, stderr].map(({ isTTY }) => isTTY).join(), String(stdout.columns), process.env.MORE)
    const lines = require('node:readline').createInterface({ input: stdin, output: stderr })
    lines.question('First? ', (one) => lines.question('Second? ', (two) => {
      console.log(one + '-' + two)
      process.exit(3)
    }))`
  const command = run(script, { MORE: 'more' })
  await command.said(/\? /)
  command.type(`a${keys.enter}`)
  expect(await command.said(/Second. /)).toBe('Second? ')
  command.type(`b${keys.enter}`)
  const { code, output } = await command.ended
  expect(code).toBe(3)
  expect(output.split('\n')[0]).toBe('true,true,true 80 more')
  expect(output).toContain('a-b\n')
})

test('what never comes is an error with what came instead', async () => {
  await expect(run('console.log("other")').said(/this/)).rejects.toThrow('other')
})

test('Ctrl+C ends a program that does not mind it, as by its signal', async () => {
  const command = run('setInterval(() => {}, 1000); console.log("here")')
  await command.said(/here/)
  command.type(keys.ctrlC)
  expect((await command.ended).code).toBe(130)
})
