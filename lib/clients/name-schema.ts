import { z } from 'zod'
import { mixesAlphabets } from './alphabets.ts'
import { containsName, hasInvisible, skeletonOf } from './names.ts'

/** How long a name is at most, as it is given and in its compatibility form: one character can have eighteen in that. */
const longest = 200

/**
 * What a client may be called.
 *
 * @param reserved - names that no client may have as a part of its own
 * @param anyLetter - signs that are read as any letter
 */
export function clientName(reserved: readonly string[], anyLetter = ''): z.ZodType<string> {
  return z.string({ error: 'must be a string' }).superRefine((value, context) => {
    const complain = (code: string, message: string): void =>
      context.addIssue({ code: 'custom', message, params: { code } })
    if (value === '') return complain('invalid_name', 'must not be empty')
    if (value.length > longest || value.normalize('NFKC').length > longest) {
      return complain('invalid_name', `must have ${longest} characters at most`)
    }
    if (hasInvisible(value)) {
      complain('invalid_name', 'must not have control, direction or other invisible characters')
    }
    if (value.trim() !== value) complain('invalid_name', 'must not begin or end with white space')
    if (skeletonOf(value) === '') complain('invalid_name', 'must have a letter or a digit')
    const part = reserved.find((name) => containsName(value, name, anyLetter))
    if (part !== undefined) {
      complain('reserved_name', `must not contain the name "${part}", or what looks like it`)
    } else if (mixesAlphabets(value)) {
      complain('mixed_alphabets', 'must not mix alphabets, or kinds of digits, within a word')
    }
  })
}
