import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runCommand } from '../support/cli.ts'
import { createFolder } from '../support/folder.ts'
import { issuesOfViews } from '../support/issues.ts'

const bundled = join(import.meta.dirname, '../../views')
const templates = readdirSync(bundled).filter((name) => name.endsWith('.njk'))

describe('views copy', () => {
  test('copies every template and the style sheet, says so, and says what comes next', async () => {
    const folder = join(createFolder(), 'new', 'views')
    const { code, stdout, stderr } = await runCommand('views', 'copy', folder)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(readdirSync(folder).toSorted()).toEqual([...templates, 'styles.css'].toSorted())
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name))).toEqual(readFileSync(join(bundled, name)))
      expect(stdout).toContain(join(folder, name))
    }
    expect(stdout).toContain(`views: { directories: ['${folder}'] }`)
    expect(stdout).toContain(`npx pleo-oauth views preview ${folder}`)
    // What was copied is right as it is.
    expect(issuesOfViews({ directories: [folder] })).toEqual([])
  })

  test('copies single files', async () => {
    const folder = createFolder()
    await runCommand('views', 'copy', folder, 'consent', 'layout.njk', 'styles.css', 'script.js')
    expect(readdirSync(folder).toSorted()).toEqual([
      'consent.njk',
      'layout.njk',
      'script.js',
      'styles.css',
    ])
  })

  test('overwrites nothing, and then copies nothing at all', async () => {
    const folder = createFolder({ 'login.njk': 'mine', 'styles.css': 'mine' })
    const { code, stdout, stderr } = await runCommand('views', 'copy', folder)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(join(folder, 'login.njk'))
    expect(stderr).toContain(join(folder, 'styles.css'))
    expect(stderr).toContain('--force')
    expect(readdirSync(folder).toSorted()).toEqual(['login.njk', 'styles.css'])
    expect(readFileSync(join(folder, 'login.njk'), 'utf8')).toBe('mine')
  })

  test('overwrites when it is told to', async () => {
    const folder = createFolder({ 'login.njk': 'mine' })
    expect((await runCommand('views', 'copy', folder, '--force')).code).toBe(0)
    expect(readFileSync(join(folder, 'login.njk'))).toEqual(
      readFileSync(join(bundled, 'login.njk')),
    )
  })

  test('knows what was probably meant', async () => {
    const folder = createFolder()
    const { code, stderr } = await runCommand('views', 'copy', folder, 'consnt')
    expect(code).toBe(1)
    expect(stderr).toBe('error: there is no template consnt (did you mean consent?)\n')
    expect(readdirSync(folder)).toEqual([])
  })

  test('copies into no file', async () => {
    const file = join(createFolder({ file: '' }), 'file')
    writeFileSync(file, 'x')
    const { code, stderr } = await runCommand('views', 'copy', file)
    expect({ code, stderr }).toEqual({ code: 1, stderr: `error: ${file} is not a folder\n` })
  })
})

describe('the command line', () => {
  test.each([
    [['--help'], 'views'],
    [['views', '--help'], 'preview'],
    [['views', 'copy', '--help'], 'Examples:'],
    [['views', 'preview', '--help'], 'Examples:'],
    [['--version'], '0.1.0'],
  ])('answers %j', async (args, words) => {
    const { code, stdout, stderr } = await runCommand(...args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(words)
    expect(stdout).not.toContain('\u001B')
  })

  test.each([
    [['view'], "unknown command 'view'"],
    [['views', 'copy'], "missing required argument 'dir'"],
    [['views', 'preview', '--port', 'many'], 'It must be a number from 0 to 65535.'],
    [['views', 'preview', '/nowhere/at/all'], 'error: there is no folder /nowhere/at/all'],
    [
      ['views', 'preview', '--time-zone', 'foo'],
      'error: --time-zone must be the name of a time zone (IANA), such as Europe/Copenhagen',
    ],
    [['views', 'preview', '--theme', '/nowhere.json'], 'error: there is no file /nowhere.json'],
  ])('complains about %j', async (args, words) => {
    const { code, stdout, stderr } = await runCommand(...args)
    expect([[1, 2].includes(code ?? 0), stdout]).toEqual([true, ''])
    expect(stderr).toContain(words)
    expect(existsSync('/nowhere')).toBe(false)
  })
})
